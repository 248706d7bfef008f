import type { EndTaskParts } from './end-task.js';
import { endVanishedRun, type VanishedRun } from './reconcile.js';
import type { Worker } from './worker.js';

interface Running extends VanishedRun {
  ours: boolean;
  settled: boolean;
}

/**
 * Makes this process and the table agree about what it is running. Stops runs whose task was canceled or taken away by somebody it did
 * not hear from, and puts back tasks that count as its own and that it knows nothing of, as after a claim whose answer was lost.
 *
 * @param beatMs between two looks; a younger claim may simply not have come back yet
 */
export async function watchRuns(parts: EndTaskParts, worker: Worker, workerId: string, beatMs: number): Promise<void> {
  const { rows } = await parts.database.query<Running>(
    `SELECT id, type, status, run_token, job_id, crashes_in_row, worker_id = $2 AS ours,
            run_deadline_at - timeout_ms * interval '1 ms' < now() - $3 * interval '1 ms' AS settled
       FROM postback.tasks WHERE status IN ('running', 'canceling') AND (worker_id = $2 OR id = ANY ($1))`,
    [worker.taskIds, workerId, 2 * beatMs],
  );
  const known = new Set(worker.taskIds); // after the look: a run that has ended since is not in the table any more
  for (const run of rows) {
    if (!run.ours) worker.drop(run.id);
    else if (!known.has(run.id) && run.settled) await endVanishedRun(parts, run);
    else if (run.status === 'canceling') worker.cancel(run.id);
  }
}
