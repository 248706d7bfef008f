import type { Tx } from '../../platform/database/sql.js';
import { KEY_COLUMNS, type KeyRow } from './key-row.js';

/** Null when there is no such key. */
export async function lockKey(tx: Tx, id: string): Promise<(KeyRow & { expired: boolean }) | null> {
  const { rows } = await tx.query<KeyRow & { expired: boolean }>(
    `SELECT ${KEY_COLUMNS}, coalesce(expires_at <= now(), false) AS expired FROM postback.api_keys WHERE id = $1 FOR UPDATE`,
    [id],
  );
  return rows[0] ?? null;
}
