import type { NewAlert } from '../../alerts/raise.js';
import type { Prepared, Tx } from '../../platform/database/sql.js';
import { type AlertedEndpoint, type BreakerPolicy, breakerOpenAlert, endpointDisabledAlert } from './breaker.js';
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
 * Counts a batch of attempts against their endpoints, and lets that move breakers and states: one statement. What was our own fault
 * says nothing about an endpoint. The caller has locked the endpoints. Returns the alerts that belong to it.
 */
export async function updateHealth(tx: Tx, finishes: readonly Finish[], breaker: BreakerPolicy, nowMs: number): Promise<NewAlert[]> {
  const told = finishes.filter(({ attempt: { verdict } }) => verdict.charged || verdict.outcome === 'delivered');
  if (told.length === 0) return [];
  const findings = [...Map.groupBy(told, ({ delivery }) => delivery.endpointId)].map(([id, group]) => findingsOf(id, group, nowMs));
  const { rows } = await tx.query<AlertedEndpoint & { opened: boolean; disabled: boolean }>(UPDATE_HEALTH, [
    findings.map((f) => f.endpointId),
    findings.map((f) => f.delivered),
    findings.map((f) => f.failed),
    findings.map((f) => f.statusCode),
    findings.map((f) => f.latencyMs),
    findings.map((f) => f.slowDownMs),
    findings.map((f) => f.gone),
    breaker.minFailures,
    breaker.minMs,
    breaker.probeMs,
    breaker.probeCapMs,
  ]);
  return rows.flatMap((row) => [...(row.opened ? [breakerOpenAlert(row)] : []), ...(row.disabled ? [endpointDisabledAlert(row)] : [])]);
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
    slowDownMs: Math.max(0, ...slowed.map(({ verdict }) => parseRetryAfter(verdict.retryAfter, nowMs, SLOW_DOWN_MAX_MS) ?? SLOW_DOWN_MS)),
    gone: attempts.some(({ verdict }) => verdict.outcome === 'gone'),
  };
}

const UPDATE_HEALTH: Prepared = {
  name: 'delivery.update-health',
  text: `
  WITH n AS (
    SELECT f.*, e.tenant, e.kind, e.state, e.breaker AS was,
           CASE WHEN f.delivered > 0 THEN 0 ELSE e.consecutive_failures + f.failed END AS failures,
           CASE WHEN f.delivered = 0 THEN coalesce(e.breaker_failing_since, now()) END AS failing_since
      FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::integer[], $5::real[], $6::bigint[], $7::boolean[])
        AS f (id, delivered, failed, status_code, latency_ms, slow_down_ms, gone)
      JOIN postback.webhook_endpoints e ON e.id = f.id
  ), decided AS (
    SELECT n.*,
           -- any success closes; a failed probe opens again; failures open when there are enough of them over long enough
           CASE WHEN delivered > 0 THEN 'closed'
                WHEN was = 'half_open' THEN 'open'
                WHEN was = 'closed' AND failures >= $8 AND failing_since <= now() - $9 * interval '1 ms' THEN 'open'
                ELSE was END AS breaker,
           -- 410: its owner has taken it down. An ad-hoc URL may be somebody's single task, and is never disabled
           gone AND kind = 'registered' AND state <> 'disabled' AS disable
      FROM n
  )
  UPDATE postback.webhook_endpoints e
     SET consecutive_failures = d.failures,
         breaker_failing_since = d.failing_since,
         breaker = d.breaker,
         breaker_probes = CASE WHEN d.breaker = 'closed' OR d.was = 'closed' THEN 0 ELSE e.breaker_probes + (d.was = 'half_open')::int END,
         breaker_opened_at = CASE WHEN d.breaker = 'closed' THEN NULL ELSE coalesce(e.breaker_opened_at, now()) END,
         breaker_probe_at = CASE WHEN d.breaker = 'closed' THEN NULL
                                 WHEN d.was = 'closed' THEN now() + $10 * interval '1 ms'
                                 WHEN d.was = 'half_open' THEN now() + least($11, $10 * 2 ^ least(e.breaker_probes + 1, 20)) * interval '1 ms'
                                 ELSE e.breaker_probe_at END,
         state = CASE WHEN d.disable THEN 'disabled' ELSE e.state END,
         state_reason = CASE WHEN d.disable THEN 'It answered 410 Gone.' ELSE e.state_reason END,
         state_changed_at = CASE WHEN d.disable THEN now() ELSE e.state_changed_at END,
         last_status_code = coalesce(d.status_code, e.last_status_code),
         last_success_at = CASE WHEN d.delivered > 0 THEN now() ELSE e.last_success_at END,
         last_failure_at = CASE WHEN d.failed > 0 THEN now() ELSE e.last_failure_at END,
         -- a fifth of the way to the new figure
         latency_ms = coalesce(e.latency_ms * 0.8 + d.latency_ms * 0.2, d.latency_ms),
         -- a request that left earlier may be answered later: it does not take back what another was told
         slow_until = CASE WHEN d.slow_down_ms > 0 THEN greatest(e.slow_until, now() + d.slow_down_ms * interval '1 ms') ELSE e.slow_until END
    FROM decided d
   WHERE e.id = d.id
  RETURNING e.id, e.tenant, e.origin, e.consecutive_failures AS failures, d.was = 'closed' AND e.breaker = 'open' AS opened, d.disable AS disabled`,
};
