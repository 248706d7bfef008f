import type { Sql } from '../../platform/database/sql.js';
import type { Position } from '../../platform/http/page.js';
import type { StoredRetryPolicy } from '../delivery/retry-policy.js';
import type { BreakerState, EndpointState } from './states.js';

/** A registered endpoint with the sealed secrets that sign for it now. */
export interface EndpointRow {
  id: string;
  tenant: string;
  url: string;
  description: string | null;
  events: string[] | null;
  header_names: string[] | null;
  /** webhook_secrets.id of the headers with their values. */
  headers_secret_id: string | null;
  sealed_headers: Buffer | null;
  retry: StoredRetryPolicy | null;
  rate_per_second: number | null;
  max_in_flight: number | null;
  timeout_ms: number | null;
  state: EndpointState;
  state_reason: string | null;
  state_changed_at: Date;
  consecutive_failures: number;
  last_status_code: number | null;
  last_success_at: Date | null;
  last_failure_at: Date | null;
  latency_ms: number | null;
  slow_until: Date | null;
  breaker: BreakerState;
  breaker_opened_at: Date | null;
  breaker_probe_at: Date | null;
  created_at: Date;
  updated_at: Date;
  secret_id: string;
  sealed: Buffer | null;
  /** Null once its overlap is over. */
  previous_secret_id: string | null;
  previous_sealed: Buffer | null;
  previous_secret_expires_at: Date | null;
  /** created_at to the microsecond. */
  position: string;
}

const SELECT = `
  SELECT e.id, e.tenant, e.url, e.description, e.events, e.header_names, e.headers_secret_id, h.sealed AS sealed_headers, e.retry, e.rate_per_second, e.max_in_flight, e.timeout_ms,
         e.state, e.state_reason, e.state_changed_at, e.consecutive_failures, e.last_status_code, e.last_success_at, e.last_failure_at,
         e.latency_ms, CASE WHEN e.slow_until > now() THEN e.slow_until END AS slow_until,
         e.breaker, e.breaker_opened_at, e.breaker_probe_at, e.created_at, e.updated_at, e.created_at::text AS position,
         e.secret_id, s.sealed, p.id AS previous_secret_id, p.sealed AS previous_sealed,
         CASE WHEN p.id IS NOT NULL THEN e.previous_secret_expires_at END AS previous_secret_expires_at
    FROM postback.webhook_endpoints e
    LEFT JOIN postback.webhook_secrets s ON s.id = e.secret_id
    LEFT JOIN postback.webhook_secrets h ON h.id = e.headers_secret_id
    LEFT JOIN postback.webhook_secrets p ON p.id = e.previous_secret_id AND e.previous_secret_expires_at > now()
   WHERE e.kind = 'registered' AND e.deleted_at IS NULL`; // as in the index's predicate

/** Null when it is not this tenant's, or deleted. */
export async function findEndpoint(sql: Sql, tenant: string, id: string): Promise<EndpointRow | null> {
  const { rows } = await sql.query<EndpointRow>(`${SELECT} AND e.tenant = $1 AND e.id = $2`, [tenant, id]);
  return rows[0] ?? null;
}

/** Newest first, after `position` if there is one. */
export async function listEndpoints(sql: Sql, tenant: string, position: Position | null, limit: number): Promise<EndpointRow[]> {
  const { rows } = await sql.query<EndpointRow>(
    `${SELECT} AND e.tenant = $1 ${position === null ? '' : 'AND (e.created_at, e.id) < ($3::timestamptz, $4::uuid)'}
     ORDER BY e.created_at DESC, e.id DESC LIMIT $2`,
    [tenant, limit, ...(position === null ? [] : [position.createdAt, position.id])],
  );
  return rows;
}
