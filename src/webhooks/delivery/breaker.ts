import type { NewAlert } from '../../alerts/raise.js';
import type { Config } from '../../config/config.js';

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

/** An endpoint that something has just happened to. */
export interface AlertedEndpoint {
  id: string;
  tenant: string;
  origin: string;
  failures: number;
}

export function breakerOpenAlert({ id, tenant, origin, failures }: AlertedEndpoint): NewAlert {
  return {
    ...endpointAlert(id, tenant, origin, { failures_in_a_row: failures }),
    kind: 'breaker_open',
    dedupKey: `breaker_open:${id}`,
    title: `${new URL(origin).host} fails; its webhooks are held until a probe gets through`,
  };
}

export function endpointDisabledAlert({ id, tenant, origin }: AlertedEndpoint): NewAlert {
  return {
    ...endpointAlert(id, tenant, origin, {}),
    kind: 'endpoint_disabled',
    dedupKey: `endpoint_disabled:${id}`,
    title: `The endpoint at ${new URL(origin).host} answered 410 Gone and is disabled; its webhooks are held`,
  };
}

function endpointAlert(endpointId: string, tenant: string, origin: string, detail: NewAlert['detail']) {
  return {
    severity: 'warning' as const,
    detail: { host: new URL(origin).host, endpoint_id: endpointId, ...detail },
    tenant,
    endpointId,
    outboxId: null,
    taskId: null,
    occurrences: 1,
  };
}
