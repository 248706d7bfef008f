import type { Sql } from '../../platform/database/sql.js';

/** Events looked at by one call. */
const LOOK_AT = 10_000;

/** How far the walk over all events is, by id. */
export interface EventsPlace {
  after: string | null;
}

/**
 * Removes events that no outbox row needs any more, of the next stretch: those whose last rows were purged by two processes at once, erased
 * with their task, or deleted by hand. An event and its rows are committed together, so one without rows never gets any. Returns how many.
 */
export async function purgeEvents(sql: Sql, place: EventsPlace = { after: null }): Promise<number> {
  const { rows } = await sql.query<{ n: number; next: string | null }>(PURGE, [
    place.after ?? '00000000-0000-0000-0000-000000000000',
    LOOK_AT,
  ]);
  const { n, next } = rows[0]!;
  place.after = next;
  return n;
}

/** $1 id to go on behind, $2 events to look at. `next`: where the next call goes on; null: from the start. */
const PURGE = `
  WITH stretch AS MATERIALIZED (
    SELECT id FROM postback.webhook_events WHERE id > $1 ORDER BY id LIMIT $2
  ), gone AS (
    DELETE FROM postback.webhook_events e USING stretch s
     WHERE e.id = s.id AND NOT EXISTS (SELECT FROM postback.webhook_outbox o WHERE o.event_id = s.id)
    RETURNING e.id
  )
  SELECT (SELECT count(*) FROM gone)::int AS n,
         CASE WHEN (SELECT count(*) FROM stretch) = $2 THEN (SELECT id FROM stretch ORDER BY id DESC LIMIT 1) END AS next`;
