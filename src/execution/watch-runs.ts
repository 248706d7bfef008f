import type { EndTaskParts } from './end-task.js';
import { endVanishedRun, type VanishedRun } from './reconcile.js';
import type { Worker } from './worker.js';

interface Running extends VanishedRun {
  ours: boolean;
  settled: boolean;
}

/** What is asked of a worker about its runs. */
export type Watched = Pick<Worker, 'runTokens' | 'cancel' | 'drop'>;

/**
 * Makes this process and the table agree about what it is running. Stops runs whose task was canceled, taken away or ended by somebody it
 * did not hear from, and puts back tasks that count as its own and that it knows nothing of, as after a claim whose answer was lost.
 *
 * @param beatMs between two looks; a younger claim may simply not have come back yet
 */
export async function watchRuns(parts: EndTaskParts, worker: Watched, workerId: string, beatMs: number): Promise<void> {
  const before = worker.runTokens;
  const { rows } = await parts.database.query<Running>(
    `SELECT id, type, status, run_token, job_id, crashes_in_row, worker_id = $2 AS ours,
            run_deadline_at - timeout_ms * interval '1 ms' < now() - $3 * interval '1 ms' AS settled
       FROM postback.tasks WHERE status IN ('running', 'canceling') AND (worker_id = $2 OR id = ANY ($1))`,
    [[...before.keys()], workerId, 2 * beatMs],
  );
  const known = worker.runTokens; // after the look: a run that has ended since is not in the table any more
  const owners = new Map(rows.map((run) => [run.id, run.run_token]));
  // another run's by now, in line for one, or ended: what this run still does is in vain
  for (const [taskId, runToken] of before) if (owners.get(taskId) !== runToken) worker.drop(taskId, runToken);
  for (const run of rows) {
    if (!run.ours) continue;
    if (!known.has(run.id) && run.settled) await endVanishedRun(parts, run);
    else if (run.status === 'canceling') worker.cancel(run.id);
  }
}
