import type { Sql } from '../platform/database/sql.js';

/** How many tasks of each tenant wait for a run, counted up to `most`: one short index scan each. */
export async function countQueued(sql: Sql, tenants: readonly string[], most: number): Promise<Map<string, number>> {
  const { rows } = await sql.query<{ tenant: string; queued: number }>(
    `SELECT w.tenant, n.queued::int FROM unnest($1::text[]) AS w (tenant)
      CROSS JOIN LATERAL (
        SELECT count(*) AS queued FROM (
          SELECT FROM postback.tasks t WHERE t.tenant = w.tenant AND t.status = 'queued' LIMIT $2 -- tasks_queued_by_tenant, from the index alone
        ) waiting
      ) n`,
    [tenants, most],
  );
  return new Map(rows.map(({ tenant, queued }) => [tenant, queued]));
}
