import type { Sql } from '../../platform/database/sql.js';
import type { Position } from '../../platform/http/page.js';
import { KEY_COLUMNS, type KeyRow } from './key-row.js';

/** Newest first, after `position` if there is one; of one tenant, if one is named. */
export async function listKeys(
  sql: Sql,
  tenant: string | null,
  position: Position | null,
  limit: number,
): Promise<(KeyRow & { position: string })[]> {
  const values: unknown[] = [limit];
  const conditions = ['true'];
  if (tenant !== null) conditions.push(`tenant = $${values.push(tenant)}`);
  if (position !== null)
    conditions.push(`(created_at, id) < ($${values.push(position.createdAt)}::timestamptz, $${values.push(position.id)}::uuid)`);
  const { rows } = await sql.query<KeyRow & { position: string }>(
    `SELECT ${KEY_COLUMNS}, created_at::text AS position FROM postback.api_keys WHERE ${conditions.join(' AND ')}
      ORDER BY created_at DESC, id DESC LIMIT $1`,
    values,
  );
  return rows;
}
