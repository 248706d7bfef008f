import type { Sql, Tx } from '../../platform/database/sql.js';
import type { Position } from '../../platform/http/page.js';
import type { Sent } from '../delivery/send-webhook.js';
import { WHERE_SENT } from '../endpoints/where-sent.js';
import { type RequestView, showRequest } from './show-request.js';

/** An outbox row as the API shows it. */
export interface OutboxView {
  id: string;
  event_id: string;
  event_type: string;
  endpoint_id: string;
  tenant: string;
  task_id: string;
  url: string;
  status: string;
  attempts: number;
  attempts_charged: number;
  max_attempts: number;
  /** Null while it is being sent or at rest. */
  next_attempt_at: Date | null;
  /** While it is being sent: when another dispatcher may take over. */
  lease_expires_at: Date | null;
  last_status_code: number | null;
  last_error: string | null;
  dead_reason: string | null;
  created_at: Date;
  delivered_at: Date | null;
  dead_at: Date | null;
}

export interface AttemptView {
  attempt: number;
  trigger: string;
  started_at: Date;
  duration_ms: number | null;
  outcome: string;
  charged: boolean;
  status_code: number | null;
  error_code: string | null;
  error: string | null;
  response_excerpt: string | null;
  /** Null when nothing left, or nobody saw it. */
  request: RequestView | null;
}

/** Everything may be left out; what is given must all hold. */
export interface OutboxFilter {
  id?: string;
  status?: string;
  endpoint_id?: string;
  tenant?: string;
  task_id?: string;
  event_type?: string;
  dead_reason?: string;
  status_code?: number;
  /** Created at or after. */
  since?: string;
  /** Created before. */
  until?: string;
  /** Exactly what is stored as `last_error`; empty for rows without one. */
  error?: string;
}

const COLUMNS = `
  o.id, o.event_id, e.type AS event_type, o.endpoint_id, o.tenant, o.task_id, ${WHERE_SENT} AS url, o.status, o.attempts, o.attempts_charged, o.max_attempts,
  CASE WHEN o.status = 'pending' THEN o.next_attempt_at END AS next_attempt_at,
  CASE WHEN o.status = 'delivering' THEN o.next_attempt_at END AS lease_expires_at,
  o.last_status_code, o.last_error, o.dead_reason, o.created_at, o.delivered_at, o.dead_at`;

/** One condition per filter, so that the planner sees only those that are given and picks the index that serves them. */
const CONDITIONS: Record<keyof OutboxFilter, (parameter: string) => string> = {
  id: ($) => `o.id = ${$}`,
  status: ($) => `o.status = ${$}`,
  endpoint_id: ($) => `o.endpoint_id = ${$}`,
  tenant: ($) => `o.tenant = ${$}`,
  task_id: ($) => `o.task_id = ${$}`,
  event_type: ($) => `e.type = ${$}`,
  dead_reason: ($) => `o.dead_reason = ${$}`,
  status_code: ($) => `o.last_status_code = ${$}`,
  since: ($) => `o.created_at >= ${$}`,
  until: ($) => `o.created_at < ${$}`,
  error: ($) => `coalesce(o.last_error, '') = ${$}`,
};

export type OutboxRow = OutboxView & { position: string };

/** Newest first, after `position` if there is one; at most `limit` rows. */
export async function listOutbox(sql: Sql, filter: OutboxFilter, position: Position | null, limit: number): Promise<OutboxRow[]> {
  const values: unknown[] = [];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const conditions = (Object.keys(CONDITIONS) as (keyof OutboxFilter)[])
    .filter((name) => filter[name] !== undefined)
    .map((name) => CONDITIONS[name](parameter(filter[name])));
  if (position !== null)
    conditions.push(`(o.created_at, o.id) < (${parameter(position.createdAt)}::timestamptz, ${parameter(position.id)}::uuid)`);
  const { rows } = await sql.query<OutboxRow>(
    `SELECT ${COLUMNS}, o.created_at::text AS position
       FROM postback.webhook_outbox o JOIN postback.webhook_events e ON e.id = o.event_id
      ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''}
      ORDER BY o.created_at DESC, o.id DESC LIMIT ${parameter(limit)}`,
    values,
  );
  return rows;
}

/** These rows, newest first. */
export async function listOutboxIds(sql: Sql, ids: readonly string[]): Promise<OutboxView[]> {
  const { rows } = await sql.query<OutboxView>(
    `SELECT ${COLUMNS} FROM postback.webhook_outbox o JOIN postback.webhook_events e ON e.id = o.event_id
      WHERE o.id = ANY ($1) ORDER BY o.created_at DESC, o.id DESC`,
    [ids],
  );
  return rows;
}

export async function readOutboxRow(sql: Sql, id: string): Promise<OutboxView | null> {
  const [row] = await listOutbox(sql, { id }, null, 1);
  if (row === undefined) return null;
  const { position: _, ...view } = row;
  return view;
}

/** The exact text that is signed and sent; null once purged. */
export async function readEventBody(sql: Sql, eventId: string): Promise<string | null> {
  const { rows } = await sql.query<{ body: string | null }>('SELECT body FROM postback.webhook_events WHERE id = $1', [eventId]);
  return rows[0]?.body ?? null;
}

/** More than any schedule has; rows that were redelivered again and again have more, of up to 16 KB each. */
const MOST_ATTEMPTS = 100;

/** The newest, oldest first. */
export async function readAttempts(sql: Sql, row: { id: string; event_id: string }): Promise<AttemptView[]> {
  const { rows } = await sql.query<Omit<AttemptView, 'request'> & { sent: Sent | null }>(
    `SELECT attempt, trigger, started_at, duration_ms, outcome, charged, status_code, error_code, error, response_excerpt, sent
       FROM postback.webhook_attempts WHERE outbox_id = $1 ORDER BY attempt DESC LIMIT $2`,
    [row.id, MOST_ATTEMPTS],
  );
  return rows.reverse().map(({ sent, ...attempt }) => ({
    ...attempt,
    request: showRequest(sent, { id: row.id, eventId: row.event_id, attempt: attempt.attempt }),
  }));
}

/** What a redelivery changes of a row, locked until the transaction ends; null when there is none. */
export async function lockOutboxRow(
  tx: Tx,
  id: string,
): Promise<{ tenant: string; status: string; attempts_charged: number; dead_reason: string | null } | null> {
  const { rows } = await tx.query<{ tenant: string; status: string; attempts_charged: number; dead_reason: string | null }>(
    'SELECT tenant, status, attempts_charged, dead_reason FROM postback.webhook_outbox WHERE id = $1 FOR UPDATE',
    [id],
  );
  return rows[0] ?? null;
}
