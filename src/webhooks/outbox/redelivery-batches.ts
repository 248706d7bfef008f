import type { Sql, Tx } from '../../platform/database/sql.js';
import type { Position } from '../../platform/http/page.js';
import { newId } from '../../platform/ids.js';
import { jsonText } from '../../platform/json-text.js';
import { type BatchFilter, batchConditions, batchStatuses } from './batch-filter.js';
import type { BatchState } from './batch-states.js';
import { listOutboxIds, type OutboxView } from './read-outbox.js';

export interface BatchView {
  id: string;
  state: BatchState;
  filter: object;
  include_delivered: boolean;
  rate_per_second: number | null;
  actor: string;
  scanned: number;
  redelivered: number;
  held: number;
  skipped: number;
  created_at: Date;
  finished_at: Date | null;
}

export interface BatchOrder {
  filter: BatchFilter;
  includeDelivered: boolean;
  ratePerSecond: number | null;
}

const COLUMNS = `id, state, filter, include_delivered, rate_per_second, actor, scanned::float8 AS scanned, redelivered::float8 AS redelivered,
  held::float8 AS held, skipped::float8 AS skipped, created_at, finished_at`;

/** The processes that continue batches take it from here. */
export async function createBatch(tx: Tx, actor: string, { filter, includeDelivered, ratePerSecond }: BatchOrder): Promise<BatchView> {
  const { rows } = await tx.query<BatchView>(
    `INSERT INTO postback.redelivery_batches (id, filter, include_delivered, rate_per_second, actor) VALUES ($1, $2, $3, $4, $5) RETURNING ${COLUMNS}`,
    [newId(), jsonText(filter), includeDelivered, ratePerSecond, actor],
  );
  return rows[0]!;
}

export async function readBatch(sql: Sql, id: string): Promise<BatchView | null> {
  const { rows } = await sql.query<BatchView>(`SELECT ${COLUMNS} FROM postback.redelivery_batches WHERE id = $1`, [id]);
  return rows[0] ?? null;
}

export async function listBatches(sql: Sql, position: Position | null, limit: number): Promise<(BatchView & { position: string })[]> {
  const { rows } = await sql.query<BatchView & { position: string }>(
    `SELECT ${COLUMNS}, created_at::text AS position FROM postback.redelivery_batches
      ${position === null ? '' : 'WHERE (created_at, id) < ($2::timestamptz, $3::uuid)'} ORDER BY created_at DESC, id DESC LIMIT $1`,
    [limit, ...(position === null ? [] : [position.createdAt, position.id])],
  );
  return rows;
}

/** Waits for the step under way; what is moved stays moved. */
export async function cancelBatch(tx: Tx, id: string): Promise<'canceled' | 'over' | 'unknown'> {
  const { count } = await tx.query(
    `UPDATE postback.redelivery_batches SET state = 'canceled', finished_at = now() WHERE id = $1 AND state = 'running'`,
    [id],
  );
  if (count > 0) return 'canceled';
  return (await readBatch(tx, id)) === null ? 'unknown' : 'over';
}

/** Counting more would be a burden, and tell nobody more. */
const COUNT_TO = 100_000;
const SAMPLE = 10;

/** What a batch would take now. */
export async function tryBatch(
  sql: Sql,
  { filter, includeDelivered }: BatchOrder,
): Promise<{ count: number; more: boolean; sample: OutboxView[] }> {
  const values: unknown[] = [];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const where = [batchStatuses(includeDelivered), ...batchConditions(filter, parameter)].join(' AND ');
  const counted = await sql.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM (SELECT FROM postback.webhook_outbox o WHERE ${where} LIMIT ${COUNT_TO + 1}) matching`,
    values,
  );
  const newest = await sql.query<{ id: string }>(
    `SELECT o.id FROM postback.webhook_outbox o WHERE ${where} ORDER BY o.created_at DESC, o.id DESC LIMIT ${SAMPLE}`,
    values,
  );
  const n = counted.rows[0]!.n;
  const sample = await listOutboxIds(
    sql,
    newest.rows.map(({ id }) => id),
  );
  return { count: Math.min(n, COUNT_TO), more: n > COUNT_TO, sample };
}
