import type { NewAlert } from '../../alerts/raise.js';
import type { Config } from '../../config/config.js';
import type { Tx } from '../../platform/database/sql.js';

/** When an endpoint is taken for down, and how often it is tried then. Times in ms. */
export interface BreakerPolicy {
  /** Opens after so many failures in a row ... */
  minFailures: number;
  /** ... over at least so long: a burst of failures within a deploy opens nothing. */
  minMs: number;
  /** First wait before a probe; doubles with each one that fails, up to the cap. */
  probeMs: number;
  probeCapMs: number;
}

export function breakerPolicy({ delivery }: Config): BreakerPolicy {
  return {
    minFailures: delivery.breakerMinFailures,
    minMs: delivery.breakerMinMs,
    probeMs: delivery.breakerProbeMs,
    probeCapMs: delivery.breakerProbeMs * 20,
  };
}

/** Opens breakers of endpoints whose failures have just been counted; returns the alerts to raise with it. */
export async function openBreakers(tx: Tx, endpointIds: readonly string[], policy: BreakerPolicy): Promise<NewAlert[]> {
  const { rows } = await tx.query<{ id: string; tenant: string; origin: string; failures: number }>(
    `UPDATE postback.webhook_endpoints
        SET breaker = 'open', breaker_opened_at = now(), breaker_probes = 0, breaker_probe_at = now() + $4 * interval '1 ms'
      WHERE id = ANY ($1) AND breaker = 'closed' AND consecutive_failures >= $2
        AND breaker_failing_since <= now() - $3 * interval '1 ms'
     RETURNING id, tenant, origin, consecutive_failures AS failures`,
    [endpointIds, policy.minFailures, policy.minMs, policy.probeMs],
  );
  return rows.map(({ id, tenant, origin, failures }) => ({
    kind: 'breaker_open',
    dedupKey: `breaker_open:${id}`,
    severity: 'warning',
    title: `${new URL(origin).host} fails; its webhooks are held until a probe gets through`,
    detail: { host: new URL(origin).host, endpoint_id: id, failures_in_a_row: failures },
    tenant,
    endpointId: id,
    outboxId: null,
    taskId: null,
    occurrences: 1,
  }));
}

/** What a probe has shown: any success closes the breaker, a failure opens it again for longer. */
export async function settleProbes(tx: Tx, delivered: readonly string[], failed: readonly string[], policy: BreakerPolicy): Promise<void> {
  await tx.query(
    `UPDATE postback.webhook_endpoints e
        SET breaker = CASE WHEN n.ok THEN 'closed' ELSE 'open' END,
            breaker_probes = CASE WHEN n.ok THEN 0 ELSE e.breaker_probes + 1 END,
            breaker_opened_at = CASE WHEN n.ok THEN NULL ELSE e.breaker_opened_at END,
            breaker_probe_at = CASE WHEN NOT n.ok THEN now() + least($4, $3 * 2 ^ least(e.breaker_probes + 1, 20)) * interval '1 ms' END
       FROM (SELECT unnest($1::uuid[]) AS id, true AS ok UNION ALL SELECT unnest($2::uuid[]), false) n
      WHERE e.id = n.id AND (CASE WHEN n.ok THEN e.breaker <> 'closed' ELSE e.breaker = 'half_open' END)`,
    [delivered, failed, policy.probeMs, policy.probeCapMs],
  );
}
