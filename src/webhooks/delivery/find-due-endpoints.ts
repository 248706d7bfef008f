import type { Prepared, Sql } from '../../platform/database/sql.js';

/** Where the last look ended. */
export interface LookPosition {
  /** Due times, and within one time endpoints, up to here have been walked; the time as Postgres prints it. Null at the start. */
  walkedTo: { time: string; endpointId: string } | null;
  /** Endpoints up to here have been probed in this round. */
  probedTo: string;
}

export interface Look {
  endpointIds: string[];
  /** The walk has not come to the present yet. */
  full: boolean;
  next: LookPosition;
}

const NO_ID = '00000000-0000-0000-0000-000000000000';

export const START: LookPosition = { walkedTo: null, probedTo: NO_ID };

/** Rows walked by one look: what bounds its cost, whatever the backlog. */
const WALK = 1_000;

/**
 * Endpoints with due rows, found in two ways at once. The walk follows the due times since the last look and finds what has just
 * become due; a backlog that became due earlier is not walked again, but for the last seconds before each probe, in which rows may
 * have been committed late. The probe goes round all endpoints that have rows, a stretch at each look, and finds what the walk
 * missed: rows that were committed later still, given back, or left by a dispatcher that died.
 *
 * @param probes how many endpoints to probe; 0 for the walk alone
 */
export async function findDueEndpoints(sql: Sql, { walkedTo, probedTo }: LookPosition, probes: number): Promise<Look> {
  const { rows } = await sql.query<Found>(FIND, [walkedTo?.time ?? '-infinity', probedTo, WALK, probes, walkedTo?.endpointId ?? NO_ID]);
  const { now, walked, walkedCount, walkedTime, walkedEndpoint, probed, due } = rows[0]!;
  const full = walkedCount === WALK;
  return {
    endpointIds: [...new Set([...(walked ?? []), ...(due ?? [])])],
    full,
    next: {
      walkedTo: full ? { time: walkedTime!, endpointId: walkedEndpoint! } : { time: now, endpointId: NO_ID },
      probedTo: probes === 0 ? probedTo : (probed ?? []).length === probes ? probed!.at(-1)! : START.probedTo,
    },
  };
}

interface Found {
  now: string;
  walked: string[] | null;
  walkedCount: number;
  walkedTime: string | null;
  walkedEndpoint: string | null;
  probed: string[] | null;
  due: string[] | null;
}

const FIND: Prepared = {
  name: 'delivery.find',
  text: `
  WITH RECURSIVE walk AS MATERIALIZED (
    SELECT endpoint_id, next_attempt_at FROM postback.webhook_outbox
     WHERE status IN ('pending', 'delivering')
       -- by time and endpoint: thousands of rows may share one time after an UPDATE by hand
       AND (next_attempt_at, endpoint_id) > ($1::timestamptz, $5::uuid) AND next_attempt_at <= now()
     ORDER BY next_attempt_at, endpoint_id LIMIT $3
  ), probe AS (
    -- a loose index scan: from each endpoint straight to the next one, however many rows lie between
    (SELECT endpoint_id, 1 AS n FROM postback.webhook_outbox
      WHERE $4 > 0 AND status IN ('pending', 'delivering') AND endpoint_id > $2 ORDER BY endpoint_id LIMIT 1)
    UNION ALL
    SELECT following.endpoint_id, p.n + 1
      FROM probe p
     CROSS JOIN LATERAL (
       SELECT o.endpoint_id FROM postback.webhook_outbox o
        WHERE o.status IN ('pending', 'delivering') AND o.endpoint_id > p.endpoint_id ORDER BY o.endpoint_id LIMIT 1
     ) following
     WHERE p.n < $4
  ), probed AS MATERIALIZED (
    SELECT p.endpoint_id, p.n, EXISTS (
             SELECT FROM postback.webhook_outbox o
              WHERE o.endpoint_id = p.endpoint_id AND o.status IN ('pending', 'delivering') AND o.next_attempt_at <= now()
           ) AS due
      FROM probe p
  )
  -- a little back: transactions that began before now may commit after it. Further back where a probe is made, which is once in a while:
  -- so the next look finds what a slow one left behind, at the cost of walking a few seconds again
  SELECT (now() - CASE WHEN $4 > 0 THEN interval '5 s' ELSE interval '100 ms' END)::text AS now,
         (SELECT array_agg(DISTINCT endpoint_id) FROM walk) AS walked,
         (SELECT count(*)::int FROM walk) AS "walkedCount",
         (SELECT next_attempt_at::text FROM walk ORDER BY next_attempt_at DESC, endpoint_id DESC LIMIT 1) AS "walkedTime",
         (SELECT endpoint_id FROM walk ORDER BY next_attempt_at DESC, endpoint_id DESC LIMIT 1) AS "walkedEndpoint",
         (SELECT array_agg(endpoint_id ORDER BY n) FROM probed) AS probed,
         (SELECT array_agg(endpoint_id) FILTER (WHERE due) FROM probed) AS due`,
};
