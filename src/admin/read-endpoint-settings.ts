import type { Config } from '../config/config.js';
import type { Sql } from '../platform/database/sql.js';
import { readRetryPolicy, type StoredRetryPolicy } from '../webhooks/delivery/retry-policy.js';
import { MASKED } from '../webhooks/endpoints/header-rules.js';

/** What an endpoint is set to, and what of it and of the service is in force. */
export interface EndpointSettings {
  description: string | null;
  events: string[] | null;
  headers: Record<string, string> | null;
  retry: StoredRetryPolicy | null;
  rate_per_second: number | null;
  max_in_flight: number | null;
  /** Seconds. */
  timeout: number | null;
  waiting: number;
  limits: { max_in_flight: number; timeout: number; retries: number };
}

interface Row extends Omit<EndpointSettings, 'headers' | 'timeout' | 'limits'> {
  header_names: string[] | null;
  timeout_ms: number | null;
}

/** Of an endpoint that is there; header values are masked. */
export async function readEndpointSettings(sql: Sql, id: string, { delivery, retry: service }: Config): Promise<EndpointSettings> {
  const { rows } = await sql.query<Row>(
    `SELECT description, events, header_names, retry, rate_per_second, max_in_flight, timeout_ms,
            (SELECT count(*)::int FROM postback.webhook_outbox o WHERE o.endpoint_id = e.id AND o.status IN ('pending', 'delivering')) AS waiting
       FROM postback.webhook_endpoints e WHERE id = $1`,
    [id],
  );
  const { timeout_ms, header_names, ...row } = rows[0]!;
  return {
    ...row,
    headers: header_names && Object.fromEntries(header_names.map((name) => [name, MASKED])),
    timeout: timeout_ms && timeout_ms / 1_000,
    limits: {
      max_in_flight: row.max_in_flight ?? delivery.endpointMaxInFlight,
      timeout: (timeout_ms ?? delivery.timeoutMs) / 1_000,
      retries: readRetryPolicy(row.retry, service).maxRetries,
    },
  };
}
