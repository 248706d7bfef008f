import type { Sql } from '../../platform/database/sql.js';

/** Dead rows of one endpoint that were given up for one reason with one error. */
export interface DeadLetterGroup {
  endpoint_id: string;
  tenant: string;
  /** Of the newest of them. */
  url: string;
  endpoint_state: string | null;
  breaker: string | null;
  dead_reason: string;
  error: string | null;
  last_status_code: number | null;
  count: number;
  /** `count` is where counting stopped. */
  more: boolean;
  oldest_dead_at: Date;
  newest_dead_at: Date;
  /** The newest of them. */
  sample_id: string;
}

export interface DeadLetterFilter {
  endpoint_id?: string;
  tenant?: string;
  dead_reason?: string;
}

/** One page reads so many dead rows at most, shared among its endpoints. */
const MOST_ROWS = 200_000;
/** Of one endpoint; the largest. */
const MOST_GROUPS = 50;

/**
 * The next endpoints that have dead rows, in the order of their ids, behind `after`. A loose index scan: one with a million of them costs no more than one
 * with a single one.
 */
export async function findDeadEndpoints(sql: Sql, endpointId: string | undefined, after: string | null, limit: number): Promise<string[]> {
  const values: unknown[] = [after ?? '00000000-0000-0000-0000-000000000000', limit];
  const named = endpointId === undefined ? 'true' : `o.endpoint_id = $${values.push(endpointId)}::uuid`;
  const next = (than: string) => `SELECT o.endpoint_id FROM postback.webhook_outbox o
    WHERE o.status = 'dead' AND o.endpoint_id > ${than} AND ${named} ORDER BY o.endpoint_id LIMIT 1`;
  const { rows } = await sql.query<{ endpoint_id: string }>(
    `WITH RECURSIVE w AS (
       SELECT endpoint_id, 1 AS place FROM (${next('$1::uuid')}) first
       UNION ALL
       SELECT n.endpoint_id, w.place + 1 FROM w CROSS JOIN LATERAL (${next('w.endpoint_id')}) n WHERE w.place < $2
     ) SELECT endpoint_id FROM w ORDER BY place`,
    values,
  );
  return rows.map(({ endpoint_id }) => endpoint_id);
}

/** Their groups, the one with the newest death first. Of each endpoint no more than its share of rows is counted. */
export async function readDeadLetters(sql: Sql, filter: DeadLetterFilter, endpointIds: readonly string[]): Promise<DeadLetterGroup[]> {
  if (endpointIds.length === 0) return [];
  const values: unknown[] = [endpointIds, Math.floor(MOST_ROWS / endpointIds.length), MOST_GROUPS];
  const conditions = ['o.endpoint_id = w.endpoint_id', "o.status = 'dead'"]; // written out, because the partial index is only seen for constants
  if (filter.tenant !== undefined) conditions.push(`o.tenant = $${values.push(filter.tenant)}`);
  if (filter.dead_reason !== undefined) conditions.push(`o.dead_reason = $${values.push(filter.dead_reason)}`);
  const { rows } = await sql.query<DeadLetterGroup>(
    `SELECT g.endpoint_id, s.tenant, s.url, e.state AS endpoint_state, e.breaker, g.dead_reason, g.error, s.last_status_code,
            g.count, g.more, g.oldest_dead_at, g.newest_dead_at, g.sample_id
       FROM unnest($1::uuid[]) AS w (endpoint_id)
      CROSS JOIN LATERAL (
        SELECT o.endpoint_id, o.dead_reason, o.last_error AS error, count(*)::int AS count, sum(count(*)) OVER () >= $2 AS more,
               min(o.dead_at) AS oldest_dead_at, max(o.dead_at) AS newest_dead_at, (array_agg(o.id ORDER BY o.dead_at DESC))[1] AS sample_id
          FROM (
            SELECT o.endpoint_id, o.dead_reason, o.last_error, o.dead_at, o.id
              FROM postback.webhook_outbox o WHERE ${conditions.join(' AND ')} LIMIT $2
          ) o
         GROUP BY o.endpoint_id, o.dead_reason, o.last_error
         ORDER BY count(*) DESC LIMIT $3
      ) g
       JOIN postback.webhook_outbox s ON s.id = g.sample_id
       LEFT JOIN postback.webhook_endpoints e ON e.id = w.endpoint_id AND e.deleted_at IS NULL
      ORDER BY g.newest_dead_at DESC, g.sample_id`,
    values,
  );
  return rows;
}
