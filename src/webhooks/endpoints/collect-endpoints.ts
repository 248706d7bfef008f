import type { Database } from '../../platform/database/database.js';

/** Long without an attempt: only such an endpoint is ever collected. `e` is the endpoint. */
export const IDLE = "greatest(e.created_at, e.last_success_at, e.last_failure_at) < now() - interval '30 days'";

/** Endpoints looked at by one call, and removed at most. */
const LOOK_AT = 2_000;
const BATCH = 500;

/** How far the walk over all endpoints is, by id. */
export interface CollectPlace {
  after: string | null;
}

/**
 * Removes ad-hoc endpoints that nobody needs any more: idle for longer than any row of theirs is kept, with no row that waits and no
 * task that may still name them. It walks the endpoints a stretch at a time, however many there are: an index on the time of the last
 * attempt would have to be written with every attempt. Two statements: the first locks the candidates, so that a submit which wants one
 * waits, and only the second one's snapshot is sure to see the task of a submit that came just before.
 *
 * @param keptDays the longest that a row at rest is kept
 */
export async function collectAdHocEndpoints(database: Database, keptDays: number, place: CollectPlace = { after: null }): Promise<number> {
  return database.transaction(async (tx) => {
    const { rows } = await tx.query<{ ids: string[]; next: string | null }>(CANDIDATES, [
      Math.max(30, keptDays),
      BATCH,
      place.after ?? '00000000-0000-0000-0000-000000000000',
      LOOK_AT,
    ]);
    const { ids, next } = rows[0]!;
    place.after = next;
    if (ids.length === 0) return 0;
    const { count } = await tx.query(
      `DELETE FROM postback.webhook_endpoints e
        WHERE e.id = ANY ($1)
          AND NOT EXISTS (SELECT FROM postback.webhook_outbox o WHERE o.endpoint_id = e.id AND o.status IN ('pending', 'delivering'))
          AND NOT EXISTS (SELECT FROM postback.webhook_outbox o WHERE o.endpoint_id = e.id AND o.status = 'held')
          AND NOT EXISTS (SELECT FROM postback.webhook_outbox o WHERE o.endpoint_id = e.id AND o.status = 'dead')
          AND NOT EXISTS (SELECT FROM postback.tasks t WHERE t.status IN ('queued', 'running', 'canceling') AND e.id = ANY (t.webhook_endpoint_ids))`,
      [ids],
    );
    return count;
  });
}

/** $1 days, $2 endpoints, $3 id to go on behind, $4 endpoints to look at. `next`: where the next call goes on; null: from the start. */
const CANDIDATES = `
  WITH stretch AS MATERIALIZED (
    SELECT id FROM postback.webhook_endpoints WHERE id > $3 ORDER BY id LIMIT $4
  ), candidates AS MATERIALIZED (
    SELECT e.id FROM stretch s JOIN postback.webhook_endpoints e ON e.id = s.id
     WHERE e.kind = 'ad_hoc' AND ${IDLE} AND greatest(e.created_at, e.last_success_at, e.last_failure_at) < now() - ($1 + 1) * interval '1 day'
     ORDER BY e.id LIMIT $2 FOR UPDATE OF e SKIP LOCKED
  )
  SELECT ARRAY(SELECT id FROM candidates) AS ids,
         CASE WHEN (SELECT count(*) FROM candidates) = $2 THEN (SELECT id FROM candidates ORDER BY id DESC LIMIT 1)
              WHEN (SELECT count(*) FROM stretch) = $4 THEN (SELECT id FROM stretch ORDER BY id DESC LIMIT 1) END AS next`;
