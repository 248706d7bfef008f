import type { Sql } from '../../platform/database/sql.js';
import { LEADS_TO, OWN_QUERY } from '../endpoints/where-sent.js';

/** An attempt in the timeline of an endpoint. */
export interface EndpointAttempt {
  outbox_id: string;
  task_id: string;
  attempt: number;
  trigger: string;
  started_at: Date;
  duration_ms: number | null;
  outcome: string;
  charged: boolean;
  status_code: number | null;
  error_code: string | null;
  error: string | null;
}

/** A row from which a test can take URL and secret. */
export interface RecentRow {
  id: string;
  task_id: string;
  url: string;
  secret_id: string;
}

/** Rows of the endpoint of each kind that are looked at. */
const ROWS = 300;
/** Newest rows of the whole outbox that are looked through for the endpoint's own. */
const NEWEST = 20_000;
/** Dead rows of the endpoint; its index knows no order. */
const DEAD = 2_000;

/**
 * Rows of an endpoint, the newest of each kind, by the indexes that there are: what waits and what was given up has one by endpoint; what arrived has none,
 * because every delivery would pay for it, and is found among the newest rows of all endpoints.
 */
const RECENT = `
  SELECT id, task_id, url, secret_id, created_at FROM (
    SELECT id, task_id, url, secret_id, created_at, endpoint_id FROM postback.webhook_outbox ORDER BY created_at DESC, id DESC LIMIT ${NEWEST}
  ) newest WHERE endpoint_id = $1 LIMIT ${ROWS}`;
const WAITING = `
  SELECT id, task_id, url, secret_id, created_at FROM postback.webhook_outbox
   WHERE (endpoint_id, next_attempt_at) >= ($1, '-infinity'::timestamptz) -- as rows, so that no index of other endpoints' rows will do
     AND (endpoint_id, next_attempt_at) <= ($1, 'infinity'::timestamptz) AND status IN ('pending', 'delivering')
   ORDER BY endpoint_id DESC, next_attempt_at DESC LIMIT ${ROWS}`;
const HELD = `
  SELECT id, task_id, url, secret_id, created_at FROM postback.webhook_outbox
   WHERE endpoint_id = $1 AND status = 'held' ORDER BY held_at DESC LIMIT ${ROWS}`;
const GIVEN_UP = `
  SELECT id, task_id, url, secret_id, created_at FROM (
    SELECT * FROM postback.webhook_outbox WHERE endpoint_id = $1 AND status = 'dead' LIMIT ${DEAD}
  ) dead ORDER BY dead_at DESC LIMIT ${ROWS}`;

const OF_ENDPOINT = [RECENT, WAITING, HELD, GIVEN_UP].map((kind) => `(${kind})`).join(' UNION ');

/** The latest attempts, newest first, as far as they can be found without an index of their own. */
export async function readEndpointAttempts(sql: Sql, endpointId: string, limit: number): Promise<EndpointAttempt[]> {
  const { rows } = await sql.query<EndpointAttempt>(
    `WITH rows AS MATERIALIZED (${OF_ENDPOINT})
     SELECT a.outbox_id, r.task_id, a.attempt, a.trigger, a.started_at, a.duration_ms, a.outcome, a.charged, a.status_code, a.error_code, a.error
       FROM rows r
      CROSS JOIN LATERAL (SELECT * FROM postback.webhook_attempts WHERE outbox_id = r.id ORDER BY attempt DESC LIMIT $2) a
      ORDER BY a.started_at DESC, a.outbox_id, a.attempt DESC LIMIT $2`,
    [endpointId, limit],
  );
  return rows;
}

/** The newest row of an ad-hoc endpoint that can be found so, with the URL it would go to now; null when there is none. */
export async function findRecentRow(sql: Sql, endpointId: string): Promise<RecentRow | null> {
  const { rows } = await sql.query<RecentRow>(
    `WITH rows AS MATERIALIZED (${OF_ENDPOINT})
     SELECT o.id, o.task_id, o.secret_id, coalesce(${LEADS_TO} || ${OWN_QUERY}, o.url) AS url
       FROM rows o LEFT JOIN postback.webhook_endpoints e ON e.id = $1
      ORDER BY o.created_at DESC, o.id DESC LIMIT 1`,
    [endpointId],
  );
  return rows[0] ?? null;
}
