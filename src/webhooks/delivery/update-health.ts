import type { NewAlert } from '../../alerts/raise.js';
import type { Tx } from '../../platform/database/sql.js';
import { type BreakerPolicy, openBreakers, settleProbes } from './breaker.js';
import type { Finish } from './finish-attempts.js';
import { parseRetryAfter } from './retry-after.js';

/** How long an endpoint is left alone after a 429 or 503 that does not say, and at most, in ms. */
const SLOW_DOWN_MS = 5_000;
const SLOW_DOWN_MAX_MS = 600_000;

/** What a batch says about one endpoint. */
interface Findings {
  endpointId: string;
  delivered: number;
  failed: number;
  statusCode: number | null;
  latencyMs: number;
  slowDownMs: number;
  gone: boolean;
}

/**
 * Counts a batch of attempts against their endpoints, and lets that move breakers and states. What was our own fault says nothing
 * about an endpoint. The caller has locked the endpoints. Returns the alerts that belong to it.
 */
export async function updateHealth(tx: Tx, finishes: readonly Finish[], breaker: BreakerPolicy, nowMs: number): Promise<NewAlert[]> {
  const told = finishes.filter(({ attempt: { verdict } }) => verdict.charged || verdict.outcome === 'delivered');
  if (told.length === 0) return [];
  const findings = [...Map.groupBy(told, ({ delivery }) => delivery.endpointId)].map(([id, group]) => findingsOf(id, group, nowMs));
  await writeHealth(tx, findings);
  const failed = findings.filter((each) => each.delivered === 0).map(({ endpointId }) => endpointId);
  const delivered = findings.filter((each) => each.delivered > 0).map(({ endpointId }) => endpointId);
  await settleProbes(tx, delivered, failed, breaker);
  const gone = findings.filter((each) => each.gone).map(({ endpointId }) => endpointId);
  return [...(failed.length > 0 ? await openBreakers(tx, failed, breaker) : []), ...(gone.length > 0 ? await disableGone(tx, gone) : [])];
}

function findingsOf(endpointId: string, group: readonly Finish[], nowMs: number): Findings {
  const attempts = group.map(({ attempt }) => attempt);
  const delivered = attempts.filter(({ verdict }) => verdict.outcome === 'delivered').length;
  const slowed = attempts.filter(({ verdict }) => verdict.slowEndpoint);
  return {
    endpointId,
    delivered,
    failed: attempts.length - delivered,
    statusCode: attempts.at(-1)!.verdict.statusCode,
    latencyMs: attempts.reduce((sum, { durationMs }) => sum + durationMs, 0) / attempts.length,
    slowDownMs: Math.max(
      0,
      ...slowed.map(({ verdict }) =>
        Math.min(SLOW_DOWN_MAX_MS, parseRetryAfter(verdict.retryAfter, nowMs, SLOW_DOWN_MAX_MS) ?? SLOW_DOWN_MS),
      ),
    ),
    gone: attempts.some(({ verdict }) => verdict.outcome === 'gone'),
  };
}

/** A success wipes the failures out, a charged failure adds one. The latency moves a fifth of the way to the new figure. */
async function writeHealth(tx: Tx, findings: readonly Findings[]): Promise<void> {
  await tx.query(
    `UPDATE postback.webhook_endpoints e
        SET consecutive_failures = CASE WHEN n.delivered > 0 THEN 0 ELSE e.consecutive_failures + n.failed END,
            breaker_failing_since = CASE WHEN n.delivered > 0 THEN NULL ELSE coalesce(e.breaker_failing_since, now()) END,
            last_status_code = coalesce(n.status_code, e.last_status_code),
            last_success_at = CASE WHEN n.delivered > 0 THEN now() ELSE e.last_success_at END,
            last_failure_at = CASE WHEN n.failed > 0 THEN now() ELSE e.last_failure_at END,
            latency_ms = coalesce(e.latency_ms * 0.8 + n.latency_ms * 0.2, n.latency_ms),
            slow_until = CASE WHEN n.slow_down_ms > 0 THEN now() + n.slow_down_ms * interval '1 ms' ELSE e.slow_until END
       FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::integer[], $5::real[], $6::bigint[])
         AS n (id, delivered, failed, status_code, latency_ms, slow_down_ms)
      WHERE e.id = n.id`,
    [
      findings.map((f) => f.endpointId),
      findings.map((f) => f.delivered),
      findings.map((f) => f.failed),
      findings.map((f) => f.statusCode),
      findings.map((f) => f.latencyMs),
      findings.map((f) => f.slowDownMs),
    ],
  );
}

/** 410 from a registered endpoint: its owner has taken it down. An ad-hoc URL may be somebody's single task, and is never disabled. */
async function disableGone(tx: Tx, endpointIds: readonly string[]): Promise<NewAlert[]> {
  const { rows } = await tx.query<{ id: string; tenant: string; origin: string }>(
    `UPDATE postback.webhook_endpoints SET state = 'disabled', state_reason = 'It answered 410 Gone.', state_changed_at = now()
      WHERE id = ANY ($1) AND kind = 'registered' AND state <> 'disabled' RETURNING id, tenant, origin`,
    [endpointIds],
  );
  return rows.map(({ id, tenant, origin }) => ({
    kind: 'endpoint_disabled',
    dedupKey: `endpoint_disabled:${id}`,
    severity: 'warning',
    title: `The endpoint at ${new URL(origin).host} answered 410 Gone and is disabled; its webhooks are held`,
    detail: { host: new URL(origin).host, endpoint_id: id },
    tenant,
    endpointId: id,
    outboxId: null,
    taskId: null,
    occurrences: 1,
  }));
}
