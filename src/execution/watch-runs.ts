import type { Sql } from '../platform/database/sql.js';
import type { Worker } from './worker.js';

/** Stops runs whose task was canceled or taken away by somebody this process did not hear from. */
export async function watchRuns(sql: Sql, worker: Worker, workerId: string): Promise<void> {
  const taskIds = worker.taskIds;
  if (taskIds.length === 0) return;
  const { rows } = await sql.query<{ id: string; canceling: boolean; lost: boolean }>(
    `SELECT id, status = 'canceling' AS canceling, worker_id <> $2 AS lost
       FROM postback.tasks WHERE id = ANY ($1) AND status IN ('running', 'canceling')`,
    [taskIds, workerId],
  );
  for (const { id, canceling, lost } of rows) {
    if (lost) worker.drop(id);
    else if (canceling) worker.cancel(id);
  }
}
