import { GIVE_WAY_SOON, type Prepared, type Tx } from '../../platform/database/sql.js';
import { CURRENT_SECRET, FORMER_SECRET } from '../endpoints/signing-secrets.js';
import { LEADS_TO } from '../endpoints/where-sent.js';
import type { EndpointHeaders } from './endpoint-headers.js';

/** What decides how much an endpoint may be sent right now. */
export interface EndpointLoad {
  id: string;
  tenant: string;
  origin: string;
  /** May not be sent to: paused, disabled, deleted, or its breaker is open. */
  blocked: boolean;
  /** One probe is allowed to show whether the endpoint is back. */
  halfOpen: boolean;
  /** Ms until it may be sent to again after a 429 or 503; 0 when it may. */
  slowForMs: number;
  /** Requests on their way, over all dispatchers. */
  inFlight: number;
  /** The same for all endpoints of this tenant at this origin. */
  originInFlight: number;
  /** Null: the service's own. */
  maxInFlight: number | null;
  /** Requests that its rate allows right now; null: no limit. */
  rateAllows: number | null;
  /** Ms until its rate allows one more. */
  rateForMs: number;
  /** Moving average of the time to an answer; null: never sent to. */
  latencyMs: number | null;
}

/** What an endpoint says about how it is sent to. */
export interface SendSettings {
  /** The endpoint's own request headers: where they are sealed, or as an older version left them. */
  headersSecretId: string | null;
  headers: EndpointHeaders;
  /** The endpoint's own time-out and schedule; null: those of the service. */
  timeoutMs: number | null;
  retry: object | null;
  /** Where all its rows go; null: each has its own URL. */
  leadsTo: string | null;
  /** Each row with its own query. */
  keepsQuery: boolean;
  /** A registered endpoint signs with the secret it has now, and during a rotation with the former one as well. Null: each row has its own. */
  secretId: string | null;
  previousSecretId: string | null;
}

/**
 * Locks the (tenant, origin) pairs of these endpoints until the transaction ends, and counts what is on its way to them.
 * Pairs that are locked already are left out with all their endpoints. Two statements, because only the second one's
 * snapshot is sure to see what the former holder of a lock has committed; the first leaves a note for it, so that they go out together.
 *
 * The commit of a claim does not wait for the disk: should Postgres crash before it is there, the row is due again and the fence keeps
 * the finish of its lost attempt out. That is one more send after a crash, which the guarantees allow.
 */
export async function lockAndCount(tx: Tx, endpointIds: readonly string[]): Promise<(EndpointLoad & SendSettings)[]> {
  const [, { rows }] = await Promise.all([
    tx.query(LOCK, [endpointIds]),
    tx.query<EndpointLoad & SendSettings>(COUNT, [endpointIds, BURST_SECONDS]),
  ]);
  return rows;
}

const LOCK: Prepared = {
  name: 'delivery.lock-origins',
  text: `
  SELECT set_config('synchronous_commit', 'off', true), ${GIVE_WAY_SOON},
         set_config('postback.locked_origins', coalesce(json_agg(pairs), '[]')::text, true)
    FROM (SELECT DISTINCT tenant, origin FROM postback.webhook_endpoints WHERE id = ANY ($1::uuid[])) pairs
   WHERE pg_try_advisory_xact_lock(hashtextextended('postback claim ' || tenant || ' ' || origin, 0))`,
};

/** An endpoint with a rate may get this much of it at once after a pause. */
const BURST_SECONDS = 1;

const COUNT: Prepared = {
  name: 'delivery.count-in-flight',
  text: `
  WITH flying AS MATERIALIZED (
    -- all that is on its way anywhere: a few hundred rows at most, bounded by the dispatchers' slots
    SELECT c.endpoint_id, e.tenant, e.origin, c.n
      FROM (
        -- counted before it is joined: fewer endpoints than rows are looked up
        SELECT endpoint_id, count(*) AS n FROM postback.webhook_outbox
         WHERE status = 'delivering' AND next_attempt_at > now() GROUP BY endpoint_id
      ) c
      JOIN postback.webhook_endpoints e ON e.id = c.endpoint_id
  )
  SELECT e.id, e.tenant, e.origin,
         e.state <> 'active' OR e.breaker = 'open' OR e.deleted_at IS NOT NULL AS blocked,
         e.breaker = 'half_open' AS "halfOpen",
         greatest(0, ceil(extract(epoch FROM e.slow_until - now()) * 1000))::int AS "slowForMs",
         coalesce((SELECT f.n FROM flying f WHERE f.endpoint_id = e.id), 0)::int AS "inFlight",
         coalesce((SELECT sum(f.n) FROM flying f WHERE f.tenant = e.tenant AND f.origin = e.origin), 0)::int AS "originInFlight",
         e.max_in_flight AS "maxInFlight",
         CASE WHEN e.rate_per_second IS NOT NULL THEN
           floor(greatest(e.rate_per_second * $2, 1) - e.rate_per_second * extract(epoch FROM greatest(e.rate_next_at, now()) - now()))::int
         END AS "rateAllows",
         coalesce(ceil(1000 / e.rate_per_second), 0)::int AS "rateForMs",
         e.latency_ms AS "latencyMs",
         e.headers, CASE WHEN e.headers IS NULL THEN e.headers_secret_id END AS "headersSecretId", e.timeout_ms AS "timeoutMs", e.retry,
         ${LEADS_TO} AS "leadsTo", e.kind = 'ad_hoc' AS "keepsQuery",
         ${CURRENT_SECRET} AS "secretId", ${FORMER_SECRET} AS "previousSecretId"
    FROM unnest($1::uuid[]) WITH ORDINALITY AS asked (id, turn)
    JOIN postback.webhook_endpoints e ON e.id = asked.id
    JOIN json_to_recordset(current_setting('postback.locked_origins')::json) AS locked (tenant text, origin text) ON locked.tenant = e.tenant AND locked.origin = e.origin
   ORDER BY asked.turn`,
};
