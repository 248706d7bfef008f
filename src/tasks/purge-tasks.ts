import type { Sql } from '../platform/database/sql.js';

/** Removed by one statement: short enough to be no burden beside the work. */
const TASKS = 500;
/** With their tasks; one task more may go, whose events are bounded as well. */
const EVENTS = 20_000;
const KEYS = 5_000;

/**
 * Removes tasks that ended so many days ago, with their events, steps and results. One whose webhook still waits for anything is
 * kept, however old. Returns whether there may be more.
 */
export async function purgeTasks(sql: Sql, days: number): Promise<'more' | 'done'> {
  const { rows } = await sql.query<{ more: boolean }>(PURGE_TASKS, [days, TASKS, EVENTS]);
  return rows[0]!.more ? 'more' : 'done';
}

const PURGE_TASKS = `
  WITH old AS MATERIALIZED (
    SELECT t.id, t.finished_at, t.last_seq FROM postback.tasks t
     WHERE t.finished_at < now() - $1 * interval '1 day'
       AND NOT EXISTS (
         SELECT FROM postback.webhook_outbox o WHERE o.task_id = t.id AND o.status IN ('pending', 'delivering', 'held')
       )
     ORDER BY t.finished_at LIMIT $2 FOR UPDATE SKIP LOCKED
  ), gone AS (
    -- last_seq is how many events go along: a statement that took too long for its time-out would fail in the same way for ever
    DELETE FROM postback.tasks t
     USING (SELECT id, sum(last_seq) OVER (ORDER BY finished_at, id) - last_seq AS events_before FROM old) o
     WHERE t.id = o.id AND o.events_before < $3
    RETURNING t.id
  )
  SELECT (SELECT count(*) FROM old) = $2 OR (SELECT count(*) FROM gone) < (SELECT count(*) FROM old) AS more`;

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
