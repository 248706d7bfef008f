import type { Sql } from '../platform/database/sql.js';
import type { TaskEventView } from './task.dto.js';

export interface EventPosition {
  taskId: string;
  /** `seq` of the last event that is known. */
  after: number;
}

/** Of one position at a time: what one reader is behind must not hold up the others. */
export const EVENTS_PER_TURN = 50;

/**
 * Events behind many positions with one statement. Numbers are given out in commit order, so what is behind a position now stays all there
 * is: no event with a smaller one can appear later.
 */
export async function readNewEvents(sql: Sql, positions: readonly EventPosition[]): Promise<(position: EventPosition) => TaskEventView[]> {
  const distinct = new Map(positions.map(({ taskId, after }) => [keyOf(taskId, after), { taskId, after }]));
  const { rows } = await sql.query<TaskEventView & { task_id: string; after: number }>(
    `SELECT w.task_id, w.after, e.seq, e.type, e.data, e.created_at
       FROM unnest($1::uuid[], $2::integer[]) AS w (task_id, after)
      CROSS JOIN LATERAL (
        SELECT seq, type, data, created_at FROM postback.task_events
         WHERE task_id = w.task_id AND seq > w.after ORDER BY seq LIMIT $3
      ) e
      ORDER BY w.task_id, w.after, e.seq`,
    [[...distinct.values()].map(({ taskId }) => taskId), [...distinct.values()].map(({ after }) => after), EVENTS_PER_TURN],
  );
  const found = Map.groupBy(rows, (row) => keyOf(row.task_id, row.after));
  // the position as it was asked for: a reader moves on while the others are still served
  const asked = new Map(positions.map((position) => [position, keyOf(position.taskId, position.after)]));
  return (position) => (found.get(asked.get(position)!) ?? []).map(({ seq, type, data, created_at }) => ({ seq, type, data, created_at }));
}

const keyOf = (taskId: string, after: number) => `${taskId.toLowerCase()} ${after}`;
