import type { Sql } from '../platform/database/sql.js';
import type { Position } from '../platform/http/page.js';
import { publicStatus, TASK_STAGES, type TaskStage, type TaskStatus } from './states.js';
import type { TaskSummary } from './task.dto.js';

/** Everything may be left out; what is given must all hold. */
export interface TaskFilter {
  type?: string;
  status?: TaskStatus;
  /** In the words of the table. */
  stage?: TaskStage;
  /** Created at or after. */
  since?: string;
  /** Created before. */
  until?: string;
}

export type TaskRow = Omit<TaskSummary, 'status'> & { tenant: string; position: string };

/** One condition per filter, so that the planner sees only those that are given and picks the index that serves them. */
const CONDITIONS: Record<Exclude<keyof TaskFilter, 'status' | 'stage'>, (parameter: string) => string> = {
  type: ($) => `type = ${$}`,
  since: ($) => `created_at >= ${$}`,
  until: ($) => `created_at < ${$}`,
};

/** A tenant's tasks, or with null everybody's, newest first, after `position` if there is one; at most `limit` rows. Erased ones are not among them. */
export async function listTasks(
  sql: Sql,
  tenant: string | null,
  { status, stage, ...filter }: TaskFilter,
  position: Position | null,
  limit: number,
): Promise<TaskRow[]> {
  const values: unknown[] = [];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const conditions = [...(tenant === null ? [] : [`tenant = ${parameter(tenant)}`]), 'erased_at IS NULL'];
  if (status !== undefined) conditions.push(statusCondition(status));
  if (stage !== undefined) conditions.push(stageCondition(stage));
  for (const name of Object.keys(CONDITIONS) as (keyof typeof CONDITIONS)[])
    if (filter[name] !== undefined) conditions.push(CONDITIONS[name](parameter(filter[name])));
  if (position !== null)
    conditions.push(`(created_at, id) < (${parameter(position.createdAt)}::timestamptz, ${parameter(position.id)}::uuid)`);
  const { rows } = await sql.query<TaskRow & { id: string }>(
    `SELECT id AS task_id, tenant, type, status AS stage, progress, error, metadata, runs, created_at, started_at, finished_at, retried_from,
            created_at::text AS position
       FROM postback.tasks WHERE ${conditions.join(' AND ')}
      ORDER BY created_at DESC, id DESC LIMIT ${parameter(limit)}`,
    values,
  );
  return rows;
}

function statusCondition(status: TaskStatus): string {
  return status === 'processing' ? "status IN ('queued', 'running', 'canceling')" : stageCondition(status);
}

/** Written out, because the partial indexes are only seen for constants. */
function stageCondition(stage: TaskStage): string {
  if (!TASK_STAGES.includes(stage)) throw new Error(`A task cannot be ${stage}.`);
  return `status = '${stage}'`;
}

export function showSummary({ position: _, tenant: __, ...row }: TaskRow): TaskSummary {
  const { task_id, type, stage, ...rest } = row;
  return { task_id, type, status: publicStatus(stage as TaskStage), stage, ...rest };
}
