import { UnsealError } from '../../platform/secrets/envelope.js';
import type { Keyring } from '../../platform/secrets/keyring.js';
import { secretHint } from './endpoint-secret.js';
import type { EndpointView } from './endpoint-view.dto.js';
import type { EndpointRow } from './find-endpoints.js';
import { MASKED } from './header-rules.js';

/** An endpoint as its owner sees it: neither a secret nor the value of a header is in it. */
export function showEndpoint(keyring: Keyring, row: EndpointRow): EndpointView {
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    events: row.events,
    headers: row.header_names && Object.fromEntries(row.header_names.map((name) => [name, MASKED])),
    retry: row.retry,
    rate_per_second: row.rate_per_second,
    max_in_flight: row.max_in_flight,
    timeout: row.timeout_ms && row.timeout_ms / 1_000,
    state: row.state,
    state_reason: row.state_reason,
    state_changed_at: row.state_changed_at,
    secret_hint: hint(keyring, row.tenant, row.secret_id, row.sealed),
    previous_secret: previousSecret(keyring, row),
    health: {
      consecutive_failures: row.consecutive_failures,
      last_status_code: row.last_status_code,
      last_success_at: row.last_success_at,
      last_failure_at: row.last_failure_at,
      latency_ms: row.latency_ms && Math.round(row.latency_ms),
      slow_until: row.slow_until,
    },
    breaker: { state: row.breaker, opened_at: row.breaker_opened_at, next_probe_at: row.breaker_probe_at },
    created_at: row.created_at,
    updated_at: row.updated_at,
  };
}

function previousSecret(keyring: Keyring, row: EndpointRow): EndpointView['previous_secret'] {
  const { tenant, previous_secret_id: id, previous_sealed: sealed, previous_secret_expires_at: expiresAt } = row;
  if (id === null || expiresAt === null) return null;
  return { secret_hint: hint(keyring, tenant, id, sealed), expires_at: expiresAt };
}

function hint(keyring: Keyring, tenant: string, id: string, sealed: Buffer | null): string | null {
  if (sealed === null) return null;
  try {
    return secretHint(keyring.open('webhook_secrets', tenant, id, sealed));
  } catch (error) {
    if (error instanceof UnsealError) return null;
    throw error;
  }
}
