import type { Sql } from '../../platform/database/sql.js';
import type { OutboxStatus } from './states.js';

/** `queued`: due now under a full new schedule. The others say why not. */
export type Redelivery = 'queued' | 'unknown' | 'in_flight' | 'waiting_already' | 'body_purged';

/**
 * A person asks for a row again: same event id, same body, attempts charged from 0. The reset itself is done by the table's
 * trigger, so that a plain UPDATE in SQL does exactly the same.
 */
export async function redeliver(sql: Sql, outboxId: string, trigger: 'manual' | 'bulk' = 'manual'): Promise<Redelivery> {
  const { count } = await sql.query(
    `UPDATE postback.webhook_outbox o SET status = 'pending', next_attempt_at = now(), next_trigger = $2
      WHERE o.id = $1 AND o.status IN ('dead', 'delivered', 'held')
        AND EXISTS (SELECT FROM postback.webhook_events e WHERE e.id = o.event_id AND e.body IS NOT NULL)`,
    [outboxId, trigger],
  );
  return count > 0 ? 'queued' : whyNot(sql, outboxId);
}

async function whyNot(sql: Sql, outboxId: string): Promise<Redelivery> {
  const { rows } = await sql.query<{ status: OutboxStatus }>('SELECT status FROM postback.webhook_outbox WHERE id = $1', [outboxId]);
  switch (rows[0]?.status) {
    case undefined:
      return 'unknown';
    case 'delivering':
      return 'in_flight';
    case 'pending':
      return 'waiting_already';
    default:
      return 'body_purged';
  }
}
