import { createHash, randomBytes } from 'node:crypto';
import type { Sql } from '../database/sql.js';
import { newId } from '../ids.js';
import type { Principal, Scope } from './principal.js';

export interface NewApiKey {
  /** Left out: any. */
  id?: string;
  tenant: string;
  name: string;
  scopes: readonly Scope[];
  /** The key itself; stored as its hash only. */
  key: string;
}

/** API keys hold 192 random bits or are chosen by the operator, so a plain hash is enough and can be looked up. */
export const hashKey = (key: string): Buffer => createHash('sha256').update(key).digest();

/** `pb_<id>_<random>`: the id, which is no secret, tells whose key has turned up somewhere; 24 random bytes make it a secret. */
export const randomKey = (id: string): string => `pb_${id.replaceAll('-', '')}_${randomBytes(24).toString('base64url')}`;

/** A key that is live, and for how much longer. */
export interface LiveKey {
  hash: Buffer;
  holder: Principal;
  /** Ms until it expires; null: never. */
  expiresInMs: number | null;
}

const LIVE = 'revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())';

/** Of these hashes, those of keys that are neither unknown nor expired nor revoked. */
export async function findLiveKeys(sql: Sql, hashes: readonly Buffer[]): Promise<LiveKey[]> {
  const { rows } = await sql.query<{ key_hash: Buffer; id: string; tenant: string; name: string; scopes: Scope[]; left: number | null }>(
    `SELECT key_hash, id, tenant, name, scopes, extract(epoch FROM expires_at - now())::float8 * 1000 AS left FROM postback.api_keys
      WHERE key_hash = ANY($1::bytea[]) AND ${LIVE}`,
    [hashes],
  );
  return rows.map(({ key_hash, id, tenant, name, scopes, left }) => ({
    hash: key_hash,
    holder: { keyId: id, tenant, name, scopes },
    expiresInMs: left,
  }));
}

/** Of these ids, those of keys that are live. */
export async function stillLive(sql: Sql, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await sql.query<{ id: string }>(`SELECT id FROM postback.api_keys WHERE id = ANY($1::uuid[]) AND ${LIVE}`, [ids]);
  return new Set(rows.map(({ id }) => id));
}

/** Makes sure that the key exists with these scopes and is live. False when it was there. */
export async function ensureApiKey(sql: Sql, { id = newId(), tenant, name, scopes, key }: NewApiKey): Promise<boolean> {
  const { rows } = await sql.query<{ made: boolean }>(
    `INSERT INTO postback.api_keys (id, tenant, name, key_hash, scopes) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (key_hash) DO UPDATE SET tenant = excluded.tenant, name = excluded.name, scopes = excluded.scopes, revoked_at = NULL, expires_at = NULL
     RETURNING xmax = 0 AS made -- of a row that was updated, it is the transaction that did it`,
    [id, tenant, name, hashKey(key), scopes],
  );
  return rows[0]!.made;
}

/** Writes down that these keys were used, to the minute: more often than that would only cost writes. */
export async function noteKeyUse(sql: Sql, ids: readonly string[]): Promise<void> {
  await sql.query(
    `WITH used AS (
       SELECT id FROM postback.api_keys
        WHERE id = ANY($1::uuid[]) AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
        ORDER BY id FOR UPDATE -- several processes note the same keys; in order, they wait for one another instead of deadlocking
     )
     UPDATE postback.api_keys k SET last_used_at = now() FROM used WHERE k.id = used.id`,
    [ids],
  );
}

export async function anyApiKey(sql: Sql): Promise<boolean> {
  const { rows } = await sql.query<{ found: boolean }>('SELECT EXISTS (SELECT FROM postback.api_keys) AS found');
  return rows[0]!.found;
}
