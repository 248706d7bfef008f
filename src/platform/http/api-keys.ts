import { createHash, randomBytes } from 'node:crypto';
import type { Sql } from '../database/sql.js';
import { newId } from '../ids.js';
import type { Principal, Scope } from './principal.js';

export interface NewApiKey {
  tenant: string;
  name: string;
  scopes: readonly Scope[];
  /** The key itself; stored as its hash only. */
  key: string;
}

/** API keys hold 192 random bits or are chosen by the operator, so a plain hash is enough and can be looked up. */
const hash = (key: string): Buffer => createHash('sha256').update(key).digest();

export const randomKey = (): string => `pb_${randomBytes(24).toString('base64url')}`;

/** Who holds this key; null when nobody does (any more). */
export async function findApiKey(sql: Sql, key: string): Promise<Principal | null> {
  const { rows } = await sql.query<{ id: string; tenant: string; scopes: Scope[] }>(
    `SELECT id, tenant, scopes FROM postback.api_keys
      WHERE key_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`,
    [hash(key)],
  );
  const row = rows[0];
  return row === undefined ? null : { keyId: row.id, tenant: row.tenant, scopes: row.scopes };
}

/** Makes sure that the key exists with these scopes and is live. */
export async function ensureApiKey(sql: Sql, { tenant, name, scopes, key }: NewApiKey): Promise<void> {
  await sql.query(
    `INSERT INTO postback.api_keys (id, tenant, name, key_hash, scopes) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (key_hash) DO UPDATE SET tenant = excluded.tenant, name = excluded.name, scopes = excluded.scopes, revoked_at = NULL, expires_at = NULL`,
    [newId(), tenant, name, hash(key), scopes],
  );
}

export async function anyApiKey(sql: Sql): Promise<boolean> {
  const { rows } = await sql.query<{ found: boolean }>('SELECT EXISTS (SELECT FROM postback.api_keys) AS found');
  return rows[0]!.found;
}
