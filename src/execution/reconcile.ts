import { mayJudge, type SilenceRules } from '../platform/lifecycle/process-row.js';
import type { Logger } from '../platform/logging/logger.js';
import { jobRef } from '../platform/queue/queue.js';
import { CANCELED, decideCrash } from './decide-run.js';
import { type EndTaskParts, endTasks, type TaskEnd } from './end-task.js';
import { putBack } from './put-back.js';

/** Rows of one kind that one pass repairs; the next pass goes on. */
const BATCH = 200;

export interface ReconcileParts extends EndTaskParts {
  logger: Logger;
  /** `processes.id` of this process. */
  self: string;
  rules: SilenceRules;
}

/**
 * Makes `tasks` true again after what no process could do itself: runs whose worker vanished, tasks whose job is gone,
 * tasks past their queue deadline. Any number of processes may do this at once.
 */
export async function reconcile(parts: ReconcileParts): Promise<{ interrupted: number; requeued: number; expired: number }> {
  const counts = {
    interrupted: await endVanishedRuns(parts),
    requeued: await takeBackLostTasks(parts),
    expired: await expireTasks(parts),
  };
  if (counts.requeued > 0) parts.wakeUps.ring('task-queued');
  if (counts.interrupted + counts.requeued + counts.expired > 0)
    parts.logger.info({ event: 'tasks.reconciled', ...counts }, 'tasks.reconciled');
  return counts;
}

export interface VanishedRun {
  id: string;
  type: string;
  status: 'running' | 'canceling';
  run_token: string;
  job_id: string | null;
  crashes_in_row: number;
}

async function endVanishedRuns(parts: ReconcileParts): Promise<number> {
  if (!(await mayJudge(parts.database, parts.self, parts.rules))) return 0;
  const { rows } = await parts.database.query<VanishedRun>(
    `SELECT t.id, t.type, t.status, t.run_token, t.job_id, t.crashes_in_row
       FROM postback.tasks t
       LEFT JOIN postback.processes p ON p.id = t.worker_id
      WHERE t.status IN ('running', 'canceling')
        AND (p.id IS NULL OR p.heartbeat_at < now() - $1 * interval '1 ms')
      LIMIT $2`,
    [parts.rules.lostMs, BATCH],
  );
  for (const run of rows) await endVanishedRun(parts, run);
  return rows.length;
}

/** Nobody works on it any more, though the table says so: put back, or ended if that has happened too often or a cancel was asked for. */
export async function endVanishedRun(parts: EndTaskParts, run: VanishedRun): Promise<void> {
  // the job would stay active for a day
  const whose = { taskId: run.id, runToken: run.run_token, job: run.job_id === null ? null : jobRef(run.job_id) };
  const canceled = {
    stage: 'canceled',
    result: null,
    error: CANCELED,
    charged: false,
  } as const;
  const decision = decideCrash(run.crashes_in_row);
  if (run.status === 'canceling') await endTasks(parts, [{ ...whose, ...canceled }]);
  else if (decision.kind === 'end') await endTasks(parts, [{ ...whose, ...decision }]);
  else if (decision.kind === 'put-back') await putBack(parts, { ...whose, ...decision, taskType: run.type });
}

/** A queued task whose job was deleted, expired, or fetched by a worker that died before it claimed the task: back into its line. */
async function takeBackLostTasks({ database, queue, rules }: ReconcileParts): Promise<number> {
  return database.transaction(async (tx) => {
    const { rows } = await tx.query<{ type: string; job_id: string }>(
      `WITH lost AS (
         SELECT t.id, t.type, t.job_id FROM postback.tasks t
          WHERE t.status = 'queued' AND t.job_id IS NOT NULL
            AND NOT EXISTS (
              SELECT FROM pgboss.job j
               WHERE j.name = 'agent.' || t.type AND j.id = t.job_id
                 -- waits for a worker, or has just been fetched by one
                 AND (j.state < 'active' OR j.state = 'active' AND j.started_on > now() - $1 * interval '1 ms')
            )
          ORDER BY t.id LIMIT $2
          FOR UPDATE OF t SKIP LOCKED
       )
       UPDATE postback.tasks t SET job_id = NULL FROM lost WHERE t.id = lost.id
       RETURNING lost.type, lost.job_id`,
      [rules.lostMs, BATCH],
    );
    for (const [type, tasks] of Map.groupBy(rows, (row) => row.type)) {
      await queue.complete(
        tx,
        type,
        tasks.map(({ job_id }) => jobRef(job_id)),
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
