import type { Sql } from '../../platform/database/sql.js';
import type { Position } from '../../platform/http/page.js';

/** A line of the audit log as the API shows it. */
export interface AuditRow {
  id: string;
  created_at: Date;
  actor: string;
  key_id: string | null;
  ip: string | null;
  request_id: string | null;
  action: string;
  target_type: string;
  target_id: string;
  tenant: string | null;
  before: object | null;
  after: object | null;
}

/** Everything may be left out; what is given must all hold. */
export interface AuditFilter {
  action?: string;
  target_id?: string;
  tenant?: string;
  key_id?: string;
  /** At or after. */
  since?: string;
  /** Before. */
  until?: string;
}

const CONDITIONS: Record<keyof AuditFilter, (parameter: string) => string> = {
  action: ($) => `action = ${$}`,
  target_id: ($) => `target_id = ${$}`,
  tenant: ($) => `tenant = ${$}`,
  key_id: ($) => `key_id = ${$}`,
  since: ($) => `created_at >= ${$}`,
  until: ($) => `created_at < ${$}`,
};

/** Newest first, after `position` if there is one. */
export async function listAudit(
  sql: Sql,
  filter: AuditFilter,
  position: Position | null,
  limit: number,
): Promise<(AuditRow & { position: string })[]> {
  const values: unknown[] = [limit];
  const given = (Object.keys(CONDITIONS) as (keyof AuditFilter)[]).filter((name) => filter[name] !== undefined);
  const conditions = ['true', ...given.map((name) => CONDITIONS[name](`$${values.push(filter[name])}`))];
  if (position !== null)
    conditions.push(`(created_at, id) < ($${values.push(position.createdAt)}::timestamptz, $${values.push(position.id)}::uuid)`);
  const { rows } = await sql.query<AuditRow & { position: string }>(
    `SELECT id, created_at, actor, key_id, host(ip) AS ip, request_id, action, target_type, target_id, tenant, before, after, created_at::text AS position
       FROM postback.audit_log WHERE ${conditions.join(' AND ')} ORDER BY created_at DESC, id DESC LIMIT $1`,
    values,
  );
  return rows;
}
