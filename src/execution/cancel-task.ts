import type { TaskStage } from '../tasks/states.js';
import { type EndTaskParts, endTasks } from './end-task.js';

/** What a cancel found: `canceled` it is now or was before, `canceling` its run is told to stop, else how the task had ended. */
export type CancelAnswer = Exclude<TaskStage, 'queued' | 'running'> | null;

/** Null when the task is not this tenant's. A result that is committed first wins. */
export async function cancelTask(parts: EndTaskParts, tenant: string, taskId: string): Promise<CancelAnswer> {
  // a task may move on between two looks, but only forward: from queued to running once per run
  for (;;) {
    const stage = await look(parts, tenant, taskId);
    if (stage === null || (stage !== 'queued' && stage !== 'running')) return stage;
    if (stage === 'queued' && (await endQueued(parts, taskId))) return 'canceled';
    if (stage === 'running' && (await askRun(parts, taskId))) return 'canceling';
  }
}

async function look({ database }: EndTaskParts, tenant: string, taskId: string): Promise<TaskStage | null> {
  const { rows } = await database.query<{ status: TaskStage }>('SELECT status FROM postback.tasks WHERE id = $1 AND tenant = $2', [
    taskId,
    tenant,
  ]);
  return rows[0]?.status ?? null;
}

async function endQueued(parts: EndTaskParts, taskId: string): Promise<boolean> {
  const error = { code: 'canceled', message: 'The task was canceled.' };
  const ended = await endTasks(parts, [{ taskId, runToken: null, stage: 'canceled', result: null, error, charged: false, job: null }]);
  return ended.has(taskId);
}

async function askRun({ database }: EndTaskParts, taskId: string): Promise<boolean> {
  const { count } = await database.query("UPDATE postback.tasks SET status = 'canceling' WHERE id = $1 AND status = 'running'", [taskId]);
  return count > 0;
}
