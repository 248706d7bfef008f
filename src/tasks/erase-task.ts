import type { Database } from '../platform/database/database.js';
import { eraseDeliveries } from '../webhooks/outbox/erase-deliveries.js';
import { isTerminal, type TaskStage } from './states.js';

/** `erased`: now. The others say why not. */
export type Erasure = 'erased' | 'unknown' | 'erased_before' | 'not_finished';

/**
 * Removes everything a task holds of its owner's: input, result, error, metadata, progress, what its events and steps say, and what
 * was or would be sent. What stays says that there was a task of this type, and when.
 */
export async function eraseTask(database: Database, tenant: string, taskId: string): Promise<Erasure> {
  return database.transaction(async (tx) => {
    const { rows } = await tx.query<{ stage: TaskStage; erased: boolean }>(
      'SELECT status AS stage, erased_at IS NOT NULL AS erased FROM postback.tasks WHERE id = $1 AND tenant = $2 FOR NO KEY UPDATE',
      [taskId, tenant],
    );
    const task = rows[0];
    if (task === undefined) return 'unknown';
    if (task.erased) return 'erased_before';
    if (!isTerminal(task.stage)) return 'not_finished';
    await tx.query(
      `UPDATE postback.tasks SET input = NULL, result = NULL, error = NULL, metadata = NULL, progress = NULL, erased_at = now() WHERE id = $1`,
      [taskId],
    );
    await tx.query('UPDATE postback.task_events SET data = NULL WHERE task_id = $1 AND data IS NOT NULL', [taskId]);
    await tx.query('DELETE FROM postback.task_steps WHERE task_id = $1', [taskId]);
    await eraseDeliveries(tx, taskId);
    return 'erased';
  });
}
