import type { Sql } from '../platform/database/sql.js';

/** Removed by one statement: short enough to be no burden beside the work. */
const TASKS = 500;
const KEYS = 5_000;

/**
 * Removes tasks that ended so many days ago, with their events, steps and results. One whose webhook still waits for anything is
 * kept, however old. Returns whether there may be more.
 */
export async function purgeTasks(sql: Sql, days: number): Promise<'more' | 'done'> {
  const { count } = await sql.query(
    `DELETE FROM postback.tasks WHERE id IN (
       SELECT t.id FROM postback.tasks t
        WHERE t.finished_at < now() - $1 * interval '1 day'
          AND NOT EXISTS (
            SELECT FROM postback.webhook_outbox o WHERE o.task_id = t.id AND o.status IN ('pending', 'delivering', 'held')
          )
        ORDER BY t.finished_at LIMIT $2 FOR UPDATE SKIP LOCKED
     )`,
    [days, TASKS],
  );
  return count === TASKS ? 'more' : 'done';
}

/** Removes Idempotency-Keys that may be used anew. Returns whether there may be more. */
export async function purgeIdempotencyKeys(sql: Sql): Promise<'more' | 'done'> {
  const { count } = await sql.query(
    // by place: a key that is being taken over at this moment is not the row we saw any more
    `DELETE FROM postback.idempotency_keys WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM postback.idempotency_keys WHERE expires_at < now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
     ))`,
    [KEYS],
  );
  return count === KEYS ? 'more' : 'done';
}
