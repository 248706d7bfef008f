import type { Sql, Tx } from '../platform/database/sql.js';
import { WAKE_UP_CHANNEL, wakeUpPayload } from '../platform/lifecycle/wake-up-channel.js';
import type { TaskStage } from '../tasks/states.js';
import { CANCELED } from './decide-run.js';
import { type AlsoWrite, type EndTaskParts, endTasks } from './end-task.js';

/** What a cancel found: `canceled` it is now or was before, `canceling` its run is told to stop, else how the task had ended. */
export type CancelAnswer = Exclude<TaskStage, 'queued' | 'running'> | null;

/** From what to what a cancel moves a task. */
export interface CancelMove {
  before: 'queued' | 'running';
  after: 'canceled' | 'canceling';
}

/**
 * Null when the task is not this tenant's. A result that is committed first wins.
 *
 * @param record makes what is to stand in the same commit, if the cancel changes anything
 */
export async function cancelTask(
  parts: EndTaskParts,
  tenant: string,
  taskId: string,
  record?: (move: CancelMove) => AlsoWrite,
): Promise<CancelAnswer> {
  // a task may move on between two looks, but only forward: from queued to running once per run
  for (;;) {
    const stage = await look(parts, tenant, taskId);
    if (stage === null || (stage !== 'queued' && stage !== 'running')) return stage;
    if (stage === 'queued' && (await endQueued(parts, taskId, record?.({ before: stage, after: 'canceled' })))) return 'canceled';
    if (stage === 'running' && (await askRun(parts, taskId, record?.({ before: stage, after: 'canceling' })))) return 'canceling';
  }
}

async function look({ database }: EndTaskParts, tenant: string, taskId: string): Promise<TaskStage | null> {
  const { rows } = await database.query<{ status: TaskStage }>('SELECT status FROM postback.tasks WHERE id = $1 AND tenant = $2', [
    taskId,
    tenant,
  ]);
  return rows[0]?.status ?? null;
}

async function endQueued(parts: EndTaskParts, taskId: string, also?: AlsoWrite): Promise<boolean> {
  const ended = await endTasks(
    parts,
    [{ taskId, runToken: null, stage: 'canceled', result: null, error: CANCELED, charged: false, job: null }],
    also,
  );
  return ended.has(taskId);
}

async function askRun({ database, wakeUps }: EndTaskParts, taskId: string, also?: AlsoWrite): Promise<boolean> {
  const ask = async (sql: Sql) => {
    const { count } = await sql.query(
      // told by the commit itself, to whichever worker runs it; a worker that is deaf just now sees it with its next heartbeat
      `WITH asked AS (UPDATE postback.tasks SET status = 'canceling' WHERE id = $1 AND status = 'running' RETURNING id)
       SELECT pg_notify($2, $3 || id) FROM asked`,
      [taskId, WAKE_UP_CHANNEL, CANCELING],
    );
    return count > 0;
  };
  const askWith = async (tx: Tx) => {
    const asked = await ask(tx);
    if (asked) await also?.(tx);
    return asked;
  };
  const asked = await (also === undefined ? ask(database) : database.transaction(askWith));
  if (!asked) return false;
  wakeUps.ringHere('task-canceling', [taskId]);
  wakeUps.ring('task-events', [taskId]);
  return true;
}

/** From nobody in particular, so that the process that says it hears it as well. */
const CANCELING = `${wakeUpPayload('task-canceling', '-', [])} `;
