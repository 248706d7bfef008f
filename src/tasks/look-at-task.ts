import type { Sql } from '../platform/database/sql.js';
import { notFound, Problem } from '../platform/http/problem.js';
import { isId } from '../platform/ids.js';
import { isTerminal, type TaskStage } from './states.js';

/** How far a task is. */
export interface TaskLook {
  taskId: string;
  stage: TaskStage;
  ended: boolean;
  /** Number of its last event. */
  lastSeq: number;
}

/** Throws a 404 when the task is not this tenant's, or with null nobody's, a 410 when it was erased. */
export async function lookAtTask(sql: Sql, tenant: string | null, id: string): Promise<TaskLook> {
  const { rows } = await sql.query<{ id: string; stage: TaskStage; last_seq: number; erased: boolean }>(
    'SELECT id, status AS stage, last_seq, erased_at IS NOT NULL AS erased FROM postback.tasks WHERE id = $1 AND tenant = coalesce($2, tenant)',
    [isId(id) ? id : null, tenant],
  );
  const task = rows[0];
  if (task === undefined) throw notFound('This task');
  if (task.erased) throw erased();
  return { taskId: task.id, stage: task.stage, ended: isTerminal(task.stage), lastSeq: task.last_seq };
}

export const erased = (): Problem => new Problem(410, 'erased', 'This task was erased; nothing of what it held is left.');

/** For the OpenAPI document. */
export const taskProblems = {
  404: { not_found: "There is no such task among this API key's own." },
  410: { erased: 'The task was erased.' },
};
