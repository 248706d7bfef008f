import type { Sql } from '../platform/database/sql.js';
import type { TaskEventPage, TaskEventView } from './task.dto.js';

/** What happened to a task after `seq` number `after`, in order; null when the task is not this tenant's. */
export async function readEvents(
  sql: Sql,
  tenant: string,
  taskId: string,
  { after, limit }: { after: number; limit: number },
): Promise<TaskEventPage | null> {
  const { rows } = await sql.query<{ seq: number | null } & TaskEventView>(
    // from tasks, left join: a task without events answers one row of nulls, a foreign task none
    `SELECT e.seq, e.type, e.data, e.created_at
       FROM postback.tasks t
       LEFT JOIN LATERAL (
         SELECT * FROM postback.task_events WHERE task_id = t.id AND seq > $3 ORDER BY seq LIMIT $4
       ) e ON true
      WHERE t.id = $1 AND t.tenant = $2
      ORDER BY e.seq`,
    [taskId, tenant, after, limit + 1],
  );
  if (rows.length === 0) return null;
  const items = rows.filter((row) => row.seq !== null).slice(0, limit);
  return { items, next_cursor: rows.length > limit ? String(items.at(-1)!.seq) : null };
}
