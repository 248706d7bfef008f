import type { Sql } from '../../platform/database/sql.js';

/** How long rows at rest are kept, in days. */
export interface OutboxRetention {
  deliveredDays: number;
  deadDays: number;
}

/** Rows removed by one statement: short enough to be no burden beside the claims. */
const BATCH = 1_000;

/**
 * Removes delivered and dead rows after their time, with their attempts, and events that no row needs any more. Rows that wait for
 * anything are never touched. Returns whether there may be more.
 */
export async function purgeOutbox(sql: Sql, { deliveredDays, deadDays }: OutboxRetention): Promise<'more' | 'done'> {
  const { rows } = await sql.query<{ n: number }>(PURGE, [deliveredDays, deadDays, BATCH]);
  return rows[0]!.n === BATCH ? 'more' : 'done';
}

const PURGE = `
  WITH old AS MATERIALIZED (
    SELECT id, event_id FROM postback.webhook_outbox
     WHERE created_at < now() - least($1::integer, $2::integer) * interval '1 day'
       AND CASE status
             WHEN 'delivered' THEN greatest(created_at, delivered_at) < now() - $1::integer * interval '1 day'
             WHEN 'dead' THEN dead_at < now() - $2::integer * interval '1 day'
             ELSE false
           END
     ORDER BY created_at LIMIT $3 FOR UPDATE SKIP LOCKED
  ), attempts AS (
    DELETE FROM postback.webhook_attempts a USING old WHERE a.outbox_id = old.id
  ), rows AS (
    DELETE FROM postback.webhook_outbox o USING old WHERE o.id = old.id
  ), events AS (
    -- the snapshot still shows the rows deleted just here, so these are told apart by id
    DELETE FROM postback.webhook_events e USING (SELECT DISTINCT event_id FROM old) gone
     WHERE e.id = gone.event_id
       AND NOT EXISTS (SELECT FROM postback.webhook_outbox o WHERE o.event_id = e.id AND o.id NOT IN (SELECT id FROM old))
  )
  SELECT count(*)::int AS n FROM old`;
