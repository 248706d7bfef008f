import type { Sql } from '../platform/database/sql.js';
import type { Position } from '../platform/http/page.js';

/** `open`: nobody has taken it on. `acknowledged`: somebody has, and it is still true. `resolved`: it is over. */
export const ALERT_STATES = ['open', 'acknowledged', 'resolved'] as const;
export type AlertState = (typeof ALERT_STATES)[number];

/** One notice on its way to one sink. */
export interface NoticeView {
  sink: string;
  event: string;
  /** pending, sent, or failed after the last try. */
  status: string;
  attempts: number;
  last_error: string | null;
  sent_at: string | null;
}

export interface AlertRow {
  id: string;
  kind: string;
  state: AlertState;
  severity: string;
  title: string;
  detail: object;
  tenant: string | null;
  endpoint_id: string | null;
  outbox_id: string | null;
  task_id: string | null;
  occurrences: number;
  raised_at: Date;
  last_raised_at: Date;
  acknowledged_at: Date | null;
  acknowledged_by: string | null;
  resolved_at: Date | null;
  notices: NoticeView[];
  position: string;
}

/** Everything may be left out; what is given must all hold. */
export interface AlertFilter {
  id?: string;
  state?: AlertState;
  kind?: string;
}

const STATES: Record<AlertState, string> = {
  open: 'a.resolved_at IS NULL AND a.acknowledged_at IS NULL',
  acknowledged: 'a.resolved_at IS NULL AND a.acknowledged_at IS NOT NULL',
  resolved: 'a.resolved_at IS NOT NULL',
};

/** Latest first, after `position` if there is one; at most `limit` rows. */
export async function listAlerts(
  sql: Sql,
  { id, state, kind }: AlertFilter,
  position: Position | null,
  limit: number,
): Promise<AlertRow[]> {
  const values: unknown[] = [];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const conditions = [
    ...(id === undefined ? [] : [`a.id = ${parameter(id)}`]),
    ...(state === undefined ? [] : [STATES[state]]),
    ...(kind === undefined ? [] : [`a.kind = ${parameter(kind)}`]),
    ...(position === null
      ? []
      : [`(a.raised_at, a.id) < (${parameter(position.createdAt)}::timestamptz, ${parameter(position.id)}::uuid)`]),
  ];
  const { rows } = await sql.query<AlertRow>(
    `SELECT a.id, a.kind, CASE WHEN a.resolved_at IS NOT NULL THEN 'resolved' WHEN a.acknowledged_at IS NOT NULL THEN 'acknowledged' ELSE 'open' END AS state,
            a.severity, a.title, a.detail, a.tenant, a.endpoint_id, a.outbox_id, a.task_id, a.occurrences, a.raised_at, a.last_raised_at,
            a.acknowledged_at, a.acknowledged_by, a.resolved_at, a.raised_at::text AS position,
            (SELECT coalesce(json_agg(json_build_object('sink', d.sink, 'event', d.event, 'status', d.status, 'attempts', d.attempts,
                                                        'last_error', d.last_error, 'sent_at', to_char(d.sent_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) ORDER BY d.created_at, d.sink), '[]')
               FROM postback.alert_deliveries d WHERE d.alert_id = a.id) AS notices
       FROM postback.alerts a
      ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''}
      ORDER BY a.raised_at DESC, a.id DESC LIMIT ${parameter(limit)}`,
    values,
  );
  return rows;
}

export async function readAlert(sql: Sql, id: string): Promise<AlertRow | null> {
  return (await listAlerts(sql, { id }, null, 1))[0] ?? null;
}
