import { newId } from '../platform/ids.js';
import type { Logger } from '../platform/logging/logger.js';
import { decideCrash } from './decide-run.js';
import { type EndTaskParts, endTasks, type TaskEnd } from './end-task.js';
import { putBack } from './put-back.js';

/** Rows of one kind that one pass repairs; the next pass goes on. */
const BATCH = 200;

export interface ReconcileParts extends EndTaskParts {
  logger: Logger;
  /** A process that has been silent for so long, in ms, is taken for dead. */
  lostMs: number;
}

/**
 * Makes `tasks` true again after what no process could do itself: runs whose worker vanished, tasks whose job is gone,
 * tasks past their queue deadline. Any number of processes may do this at once.
 */
export async function reconcile(parts: ReconcileParts): Promise<{ interrupted: number; resent: number; expired: number }> {
  const counts = {
    interrupted: await endVanishedRuns(parts),
    resent: await resendLostJobs(parts),
    expired: await expireTasks(parts),
  };
  if (counts.interrupted + counts.resent + counts.expired > 0)
    parts.logger.info({ event: 'tasks.reconciled', ...counts }, 'tasks.reconciled');
  return counts;
}

export interface VanishedRun {
  id: string;
  type: string;
  status: 'running' | 'canceling';
  run_token: string;
  crashes_in_row: number;
}

async function endVanishedRuns(parts: ReconcileParts): Promise<number> {
  const { rows } = await parts.database.query<VanishedRun>(
    `SELECT t.id, t.type, t.status, t.run_token, t.crashes_in_row
       FROM postback.tasks t
       LEFT JOIN postback.processes p ON p.id = t.worker_id
      WHERE t.status IN ('running', 'canceling')
        AND (p.id IS NULL OR p.heartbeat_at < now() - $1 * interval '1 ms')
      LIMIT $2`,
    [parts.lostMs, BATCH],
  );
  for (const run of rows) await endVanishedRun(parts, run);
  return rows.length;
}

/** Nobody works on it any more, though the table says so: put back, or ended if that has happened too often or a cancel was asked for. */
export async function endVanishedRun(parts: EndTaskParts, run: VanishedRun): Promise<void> {
  const whose = { taskId: run.id, runToken: run.run_token, job: null };
  const canceled = {
    stage: 'canceled',
    result: null,
    error: { code: 'canceled', message: 'The task was canceled.' },
    charged: false,
  } as const;
  const decision = decideCrash(run.crashes_in_row);
  if (run.status === 'canceling') await endTasks(parts, [{ ...whose, ...canceled }]);
  else if (decision.kind === 'end') await endTasks(parts, [{ ...whose, ...decision }]);
  else if (decision.kind === 'put-back') await putBack(parts, { ...whose, ...decision, taskType: run.type });
}

/** A queued task whose job was deleted, expired, or died with the worker that had fetched it. */
async function resendLostJobs(parts: ReconcileParts): Promise<number> {
  return parts.database.transaction(async (tx) => {
    const { rows } = await tx.query<{ id: string; type: string }>(
      `SELECT t.id, t.type FROM postback.tasks t
        WHERE t.status = 'queued' AND t.next_run_at < now() - $1 * interval '1 ms'
          AND NOT EXISTS (SELECT FROM pgboss.job j WHERE j.name = 'agent.' || t.type AND j.id = t.job_id AND j.state < 'active')
        ORDER BY t.next_run_at LIMIT $2
        FOR UPDATE OF t SKIP LOCKED`,
      [parts.lostMs, BATCH],
    );
    if (rows.length === 0) return 0;
    const jobs = rows.map((row) => ({ ...row, jobId: newId() }));
    await tx.query(
      'UPDATE postback.tasks t SET job_id = n.job_id FROM unnest($1::uuid[], $2::uuid[]) AS n (id, job_id) WHERE t.id = n.id',
      [jobs.map((job) => job.id), jobs.map((job) => job.jobId)],
    );
    for (const [type, group] of Map.groupBy(jobs, (job) => job.type)) {
      await parts.queue.send(
        tx,
        type,
        group.map((job) => ({ id: job.jobId, taskId: job.id })),
      );
    }
    return rows.length;
  });
}

async function expireTasks(parts: ReconcileParts): Promise<number> {
  const { rows } = await parts.database.query<{ id: string }>(
    `SELECT id FROM postback.tasks WHERE status = 'queued' AND started_at IS NULL AND expires_at <= now() ORDER BY id LIMIT $1`,
    [BATCH],
  );
  if (rows.length === 0) return 0;
  const error = { code: 'expired', message: 'The task was not started before its queue deadline.' };
  const ends = rows.map(
    ({ id }): TaskEnd => ({ taskId: id, runToken: null, stage: 'expired', result: null, error, charged: false, job: null }),
  );
  return (await endTasks(parts, ends)).size;
}
