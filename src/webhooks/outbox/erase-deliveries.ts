import type { Tx } from '../../platform/database/sql.js';

/**
 * Forgets what was or would have been sent for a task: bodies, excerpts of answers, and the rows that can never be sent any more. A
 * dispatcher that is sending one of them loses its lease with the row, so it writes nothing; what has left already may still arrive.
 * Rows that were delivered stay, as the record that they were; an emptied event without any is left to purge-events.ts.
 */
export async function eraseDeliveries(tx: Tx, taskId: string): Promise<void> {
  // the lock order: rows by id
  await tx.query('SELECT id FROM postback.webhook_outbox WHERE task_id = $1 ORDER BY id FOR UPDATE', [taskId]);
  await tx.query(
    `WITH unsent AS (
       DELETE FROM postback.webhook_outbox WHERE task_id = $1 AND delivered_at IS NULL RETURNING id
     )
     DELETE FROM postback.webhook_attempts a USING unsent WHERE a.outbox_id = unsent.id`,
    [taskId],
  );
  // one that arrived once and was on its way again ends as what it was
  await tx.query(
    `UPDATE postback.webhook_outbox
        SET status = 'delivered', held_at = NULL, lease_token = NULL, next_attempt_at = NULL, dead_reason = NULL, dead_at = NULL
      WHERE task_id = $1 AND status <> 'delivered'`,
    [taskId],
  );
  await tx.query(
    `UPDATE postback.webhook_attempts a SET response_excerpt = NULL
       FROM postback.webhook_outbox o WHERE o.task_id = $1 AND a.outbox_id = o.id AND a.response_excerpt IS NOT NULL`,
    [taskId],
  );
  await tx.query(
    'UPDATE postback.webhook_events SET body = NULL, thin_body = NULL, purged_at = now() WHERE task_id = $1 AND body IS NOT NULL',
    [taskId],
  );
}
