import type { Sql } from '../../platform/database/sql.js';
import type { Position } from '../../platform/http/page.js';
import type { BreakerState, EndpointState } from './states.js';

/** An endpoint of any tenant and kind, with its health. */
export interface EndpointHealthRow {
  id: string;
  tenant: string;
  kind: 'registered' | 'ad_hoc';
  url: string;
  state: EndpointState;
  state_reason: string | null;
  state_changed_at: Date;
  breaker: BreakerState;
  breaker_opened_at: Date | null;
  next_probe_at: Date | null;
  consecutive_failures: number;
  last_status_code: number | null;
  last_success_at: Date | null;
  last_failure_at: Date | null;
  latency_ms: number | null;
  slow_until: Date | null;
  held: number;
  dead: number;
  created_at: Date;
}

export interface EndpointFilter {
  id?: string;
  state?: string;
  breaker?: string;
  tenant?: string;
}

const CONDITIONS: Record<keyof EndpointFilter, (parameter: string) => string> = {
  id: ($) => `e.id = ${$}`,
  state: ($) => `e.state = ${$}`,
  breaker: ($) => `e.breaker = ${$}`,
  tenant: ($) => `e.tenant = ${$}`,
};

/** Newest first, after `position` if there is one; deleted ones are not among them. Counted only for the page, each by its partial index. */
export async function listAllEndpoints(
  sql: Sql,
  filter: EndpointFilter,
  position: Position | null,
  limit: number,
): Promise<(EndpointHealthRow & { position: string })[]> {
  const values: unknown[] = [];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const conditions = ['e.deleted_at IS NULL'];
  for (const name of Object.keys(CONDITIONS) as (keyof EndpointFilter)[])
    if (filter[name] !== undefined) conditions.push(CONDITIONS[name](parameter(filter[name])));
  if (position !== null)
    conditions.push(`(e.created_at, e.id) < (${parameter(position.createdAt)}::timestamptz, ${parameter(position.id)}::uuid)`);
  const { rows } = await sql.query<EndpointHealthRow & { position: string }>(
    `SELECT e.id, e.tenant, e.kind, e.url, e.state, e.state_reason, e.state_changed_at, e.breaker, e.breaker_opened_at,
            e.breaker_probe_at AS next_probe_at, e.consecutive_failures, e.last_status_code, e.last_success_at, e.last_failure_at,
            round(e.latency_ms)::int AS latency_ms, CASE WHEN e.slow_until > now() THEN e.slow_until END AS slow_until, e.created_at,
            (SELECT count(*)::int FROM postback.webhook_outbox o WHERE o.endpoint_id = e.id AND o.status = 'held') AS held,
            (SELECT count(*)::int FROM postback.webhook_outbox o WHERE o.endpoint_id = e.id AND o.status = 'dead') AS dead,
            e.created_at::text AS position
       FROM (SELECT * FROM postback.webhook_endpoints e WHERE ${conditions.join(' AND ')}
              ORDER BY e.created_at DESC, e.id DESC LIMIT ${parameter(limit)}) e
      ORDER BY e.created_at DESC, e.id DESC`,
    values,
  );
  return rows;
}
