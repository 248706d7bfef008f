import type { Database } from '../../platform/database/database.js';
import type { Prepared, Tx } from '../../platform/database/sql.js';
import { OWN_QUERY } from '../endpoints/where-sent.js';
import { lockAndCount, type SendSettings } from './count-in-flight.js';
import type { EndpointHeaders } from './endpoint-headers.js';
import { type EndpointQuota, type QuotaLimits, shareOut } from './share-out.js';

/** A row under our lease, with all that sending it takes. */
export interface Delivery {
  id: string;
  eventId: string;
  endpointId: string;
  tenant: string;
  taskId: string;
  url: string;
  leaseToken: string;
  /** Number of this attempt. */
  attempt: number;
  /** What it is due to: schedule, manual or bulk. */
  trigger: string;
  attemptsCharged: number;
  maxAttempts: number;
  unchargedStreak: number;
  everDelivered: boolean;
  /** Null once purged. */
  body: string | null;
  thinBody: string | null;
  /** The thin body is the one to send. */
  thin: boolean;
  /** Those that sign, newest first. */
  secretIds: string[];
  /** webhook_secrets.id of the endpoint's own request headers. */
  headersSecretId: string | null;
  /** The headers, once they are opened. */
  headers: EndpointHeaders;
  /** The endpoint's own time-out and schedule; null: those of the service. */
  timeoutMs: number | null;
  retry: object | null;
  traceparent: string | null;
}

export interface Lease {
  token: string;
  ms: number;
  /** processes.id */
  claimedBy: string;
}

/** What came of asking some endpoints for their due rows. */
export interface Claimed {
  deliveries: Delivery[];
  /** How much each endpoint was allowed to hand out, and why not more; one that is passed over for now is missing. */
  quotas: EndpointQuota[];
}

/** A row whose lease ran out this many times in a row is left to the sweep that buries crash loops. */
export const MAX_LOST_STREAK = 5;

/**
 * Takes due rows of the endpoints asked, each within its caps over all dispatchers. Passed over are endpoints whose origin another
 * dispatcher is claiming from at this moment, since counting and taking must not be torn apart, and those with a rate that are being
 * changed or finished for just now, since what they hand out must be counted in their row.
 */
export async function claimDue(database: Database, endpointIds: readonly string[], limits: QuotaLimits, lease: Lease): Promise<Claimed> {
  return database.pipelined(async (tx) => {
    const endpoints = await lockAndCount(tx, endpointIds);
    const gone = endpoints.length === endpointIds.length ? [] : await findGone(tx, endpointIds, endpoints);
    const quotas = [...(await lockRated(tx, shareOut(endpoints, limits))), ...gone];
    const open = quotas.filter(({ quota }) => quota > 0);
    if (open.length === 0) return { deliveries: [], quotas };
    const limited = open.filter(({ limitedRate }) => limitedRate);
    const values = claimValues(open, endpoints, lease);
    const { rows } = await (limited.length === 0 ? tx.last<ClaimedRow>(CLAIM, values) : tx.query<ClaimedRow>(CLAIM, values));
    if (limited.length > 0) await countAgainstRates(tx, limited, rows);
    return { deliveries: complete(rows, endpoints, lease), quotas };
  });
}

/**
 * Endpoints that were not counted because somebody has removed their rows by hand, not because another dispatcher is at them: the sweep ends what
 * is for them. Asked apart, and only if some were not counted, for an outer join would cost every count its plan.
 */
async function findGone(tx: Tx, asked: readonly string[], counted: readonly { id: string }[]): Promise<EndpointQuota[]> {
  const there = new Set(counted.map(({ id }) => id));
  const { rows } = await tx.query<{ id: string }>(FIND_GONE, [asked.filter((id) => !there.has(id))]);
  return rows.map(({ id }) => ({ id, originKey: '', quota: 0, boundBy: 'blocked', againInMs: 0, slow: false, limitedRate: false }));
}

const FIND_GONE: Prepared = {
  name: 'delivery.find-gone',
  text: `
  SELECT asked.id FROM unnest($1::uuid[]) AS asked (id)
   WHERE NOT EXISTS (SELECT FROM postback.webhook_endpoints e WHERE e.id = asked.id)`,
};

/** Lock order everywhere: endpoints before rows. Leaves out those whose lock another holds: nobody is waited for while origins are locked. */
async function lockRated(tx: Tx, quotas: EndpointQuota[]): Promise<EndpointQuota[]> {
  const mustLock = ({ limitedRate, quota }: EndpointQuota) => limitedRate && quota > 0;
  const ids = quotas.filter(mustLock).map(({ id }) => id);
  if (ids.length === 0) return quotas;
  const { rows } = await tx.query<{ id: string }>(
    'SELECT id FROM postback.webhook_endpoints WHERE id = ANY ($1::uuid[]) FOR NO KEY UPDATE SKIP LOCKED',
    [ids],
  );
  const locked = new Set(rows.map(({ id }) => id));
  return quotas.filter((quota) => !mustLock(quota) || locked.has(quota.id));
}

type Settings = { id: string } & SendSettings;

function claimValues(quotas: readonly EndpointQuota[], endpoints: readonly Settings[], lease: Lease): unknown[] {
  const leading = endpoints.filter(({ leadsTo }) => leadsTo !== null);
  const urls = (which: readonly Settings[]) => JSON.stringify(Object.fromEntries(which.map(({ id, leadsTo }) => [id, leadsTo])));
  return [
    quotas.map(({ id }) => id),
    quotas.map(({ quota }) => quota),
    lease.token,
    lease.ms,
    lease.claimedBy,
    MAX_LOST_STREAK - 1,
    urls(leading.filter(({ keepsQuery }) => !keepsQuery)),
    urls(leading.filter(({ keepsQuery }) => keepsQuery)),
  ];
}

/** A row as it stands in the outbox, with its event; the rest comes from its endpoint. */
interface ClaimedRow extends Omit<Delivery, 'leaseToken' | 'secretIds' | keyof SendSettings> {
  /** The secret it was submitted with. */
  secretId: string;
}

/** What rows of one endpoint share is read once for all of them, not joined to each. */
function complete(rows: readonly ClaimedRow[], endpoints: readonly Settings[], lease: Lease): Delivery[] {
  const settings = new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]));
  return rows.map(({ secretId, ...row }) => {
    const { headers, headersSecretId, timeoutMs, retry, secretId: current, previousSecretId } = settings.get(row.endpointId)!;
    const secretIds = previousSecretId === null ? [current ?? secretId] : [current ?? secretId, previousSecretId];
    return { ...row, leaseToken: lease.token, headersSecretId, headers, timeoutMs, retry, secretIds };
  });
}

const CLAIM: Prepared = {
  name: 'delivery.claim',
  text: `
  WITH due AS MATERIALIZED (
    SELECT o.*
      FROM unnest($1::uuid[], $2::integer[]) AS q (endpoint_id, quota)
     CROSS JOIN LATERAL (
       -- each endpoint answers from its own stretch of webhook_outbox_endpoint_due: a neighbour's backlog is never walked over.
       -- Compared and ordered as rows, because then no other index will do: with endpoint_id = $ and ORDER BY next_attempt_at
       -- the planner has been seen to walk webhook_outbox_due, through everybody's backlog
       SELECT ctid, id, attempts, next_trigger, claimed_by, claimed_at, status = 'delivering' AS lost
         FROM postback.webhook_outbox
        WHERE (endpoint_id, next_attempt_at) >= (q.endpoint_id, '-infinity'::timestamptz)
          AND (endpoint_id, next_attempt_at) <= (q.endpoint_id, now())
          AND status IN ('pending', 'delivering') -- as in the index's predicate
          AND NOT (status = 'delivering' AND lost_streak >= $6)
        ORDER BY endpoint_id, next_attempt_at
        LIMIT q.quota
        FOR UPDATE SKIP LOCKED
     ) o
  ), unseen AS (
    -- every attempt number gets a row: for the one whose owner vanished, its successor writes it
    INSERT INTO postback.webhook_attempts (outbox_id, attempt, trigger, started_at, outcome, charged, error_code, error, claimed_by)
    SELECT id, attempts, next_trigger, claimed_at, 'unknown', false, 'lease_expired', 'The dispatcher that sent it vanished; whether it arrived is unknown.', claimed_by
      FROM due WHERE lost
  ), claimed AS (
    UPDATE postback.webhook_outbox o
       SET status = 'delivering', attempts = o.attempts + 1, lost_streak = CASE WHEN o.status = 'delivering' THEN o.lost_streak + 1 ELSE 0 END,
           lease_token = $3, claimed_by = $5, claimed_at = now(), next_attempt_at = now() + $4 * interval '1 ms',
           -- where its endpoint is now, if that leads its rows: as it is, or with the row's own query
           url = coalesce($7::jsonb ->> o.endpoint_id::text, ($8::jsonb ->> o.endpoint_id::text) || ${OWN_QUERY}, o.url)
           -- by place: joined by id, the planner has been seen to read the whole index instead
     WHERE o.ctid = ANY (ARRAY(SELECT ctid FROM due))
    RETURNING o.id, o.event_id, o.endpoint_id, o.tenant, o.task_id, o.url, o.attempts, o.next_trigger, o.attempts_charged, o.max_attempts,
              o.uncharged_streak, o.delivered_at, o.thin, o.secret_id
  )
  SELECT c.id, c.event_id AS "eventId", c.endpoint_id AS "endpointId", c.tenant, c.task_id AS "taskId", c.url,
         c.attempts AS attempt, c.next_trigger AS trigger, c.attempts_charged AS "attemptsCharged", c.max_attempts AS "maxAttempts", c.uncharged_streak AS "unchargedStreak",
         c.delivered_at IS NOT NULL AS "everDelivered", v.body, v.thin_body AS "thinBody", c.thin, v.traceparent, c.secret_id AS "secretId"
    FROM claimed c
    LEFT JOIN postback.webhook_events v ON v.id = c.event_id`,
};

/** What was taken counts against the endpoint's rate from now on. */
async function countAgainstRates(tx: Tx, limited: readonly EndpointQuota[], claimed: readonly ClaimedRow[]): Promise<void> {
  const taken = Map.groupBy(claimed, ({ endpointId }) => endpointId);
  await tx.query(
    `UPDATE postback.webhook_endpoints e
        SET rate_next_at = greatest(e.rate_next_at, now()) + n.taken / e.rate_per_second * interval '1 second'
       FROM unnest($1::uuid[], $2::integer[]) AS n (id, taken)
      WHERE e.id = n.id AND e.rate_per_second IS NOT NULL`,
    [limited.map(({ id }) => id), limited.map(({ id }) => taken.get(id)?.length ?? 0)],
  );
}
