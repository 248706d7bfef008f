import type { Sql } from '../../platform/database/sql.js';

/** How long rows at rest are kept, in days. */
export interface OutboxRetention {
  deliveredDays: number;
  deadDays: number;
}

/** How far the purge has come. It is worth starting anew now and then: a row may come to rest, or be let go of, behind it. */
export interface PurgePlace {
  /** Delivered rows created before are gone already; null: not looked yet. */
  delivered: string | null;
}

export const startOfPurge = (): PurgePlace => ({ delivered: null });

/** Rows of each kind removed by one statement: short enough to be no burden beside the claims. */
const BATCH = 1_000;

/**
 * Removes delivered and dead rows after their time, with their attempts, and events that no row needs any more. Rows that wait for
 * anything are never touched. Returns whether there may be more.
 */
export async function purgeOutbox(
  sql: Sql,
  { deliveredDays, deadDays }: OutboxRetention,
  place: PurgePlace = startOfPurge(),
): Promise<'more' | 'done'> {
  const { rows } = await sql.query<{ more: boolean; delivered: string }>(PURGE, [deliveredDays, deadDays, BATCH, place.delivered]);
  place.delivered = rows[0]!.delivered;
  return rows[0]!.more ? 'more' : 'done';
}

const PURGE = `
  WITH delivered AS MATERIALIZED (
    -- only from where the last statement stopped: nothing finds delivered rows but a walk that meets the dead ones as well,
    -- which are kept for longer and may be many
    SELECT id, event_id, created_at FROM postback.webhook_outbox
     WHERE created_at >= coalesce($4::timestamptz, '-infinity') AND created_at < now() - $1::integer * interval '1 day'
       AND status = 'delivered' AND greatest(created_at, delivered_at) < now() - $1::integer * interval '1 day'
     ORDER BY created_at LIMIT $3 FOR UPDATE SKIP LOCKED
  ), dead AS MATERIALIZED (
    SELECT id, event_id FROM postback.webhook_outbox
     WHERE status IN ('dead', 'held') AND status = 'dead' -- as in the predicate of webhook_outbox_shelf
       AND created_at < now() - $2::integer * interval '1 day' AND dead_at < now() - $2::integer * interval '1 day'
     ORDER BY created_at LIMIT $3 FOR UPDATE SKIP LOCKED
  ), old AS MATERIALIZED (
    SELECT id, event_id FROM delivered UNION ALL SELECT id, event_id FROM dead
  ), attempts AS (
    DELETE FROM postback.webhook_attempts a USING old WHERE a.outbox_id = old.id
  ), rows AS (
    DELETE FROM postback.webhook_outbox o USING old WHERE o.id = old.id
  ), events AS (
    -- the snapshot still shows the rows deleted just here, so these are told apart by id; those that another statement deletes at
    -- this moment are seen as well, and leave their event to purge-events.ts
    DELETE FROM postback.webhook_events e USING (SELECT DISTINCT event_id FROM old) gone
     WHERE e.id = gone.event_id
       AND NOT EXISTS (SELECT FROM postback.webhook_outbox o WHERE o.event_id = e.id AND o.id NOT IN (SELECT id FROM old))
  )
  SELECT (SELECT count(*) FROM delivered) = $3 OR (SELECT count(*) FROM dead) = $3 AS more,
         CASE WHEN (SELECT count(*) FROM delivered) = $3 THEN (SELECT max(created_at) FROM delivered)
              ELSE now() - $1::integer * interval '1 day' END::text AS delivered`;
