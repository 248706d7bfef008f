import type { Sql } from '../platform/database/sql.js';
import type { TaskEventPage, TaskEventView } from './task.dto.js';

/** What happened to a task after `seq` number `after`, in order. Whose task it is was looked at before. */
export async function readEvents(sql: Sql, taskId: string, { after, limit }: { after: number; limit: number }): Promise<TaskEventPage> {
  const { rows } = await sql.query<TaskEventView>(
    'SELECT seq, type, data, created_at FROM postback.task_events WHERE task_id = $1 AND seq > $2 ORDER BY seq LIMIT $3',
    [taskId, after, limit + 1],
  );
  const items = rows.slice(0, limit);
  return { items, next_cursor: rows.length > limit ? String(items.at(-1)!.seq) : null };
}
