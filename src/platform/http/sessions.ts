import { randomBytes } from 'node:crypto';
import type { Sql, Tx } from '../database/sql.js';
import { newId } from '../ids.js';
import { hashKey, type LiveKey, noteKeyUse } from './api-keys.js';
import type { Scope } from './principal.js';

/** One key may be signed in with so often at a time; then the oldest session ends. */
const MOST_PER_KEY = 50;

export interface NewSession {
  id: string;
  /** The value of the cookie; stored as its hash only. */
  token: string;
  expiresAt: Date;
  /** Until then, in whole seconds. */
  seconds: number;
}

/** Null when the key has ended meanwhile. A session never outlives its key. */
export async function openSession(tx: Tx, keyId: string, lifetimeMs: number): Promise<NewSession | null> {
  const [id, token] = [newId(), randomBytes(32).toString('base64url')];
  const { rows } = await tx.query<{ expires_at: Date; seconds: number }>(
    `INSERT INTO postback.console_sessions (id, token_hash, key_id, expires_at)
     SELECT $1, $2, k.id, least(now() + $4 * interval '1 ms', k.expires_at)
       FROM postback.api_keys k
      WHERE k.id = $3 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
     RETURNING expires_at, floor(extract(epoch FROM expires_at - now()))::int AS seconds`,
    [id, hashKey(token), keyId, lifetimeMs],
  );
  const made = rows[0];
  if (made === undefined) return null;
  await tx.query(
    `DELETE FROM postback.console_sessions WHERE id IN (
       SELECT id FROM postback.console_sessions WHERE key_id = $1 ORDER BY created_at DESC, id DESC OFFSET $2)`,
    [keyId, MOST_PER_KEY],
  );
  return { id, token, expiresAt: made.expires_at, seconds: made.seconds };
}

/** False when it had ended before. */
export async function closeSession(tx: Tx, id: string): Promise<boolean> {
  const { count } = await tx.query('DELETE FROM postback.console_sessions WHERE id = $1', [id]);
  return count > 0;
}

/** Of these hashes, those of sessions that are not over, with keys that are live and still an admin's. */
export async function findLiveSessions(sql: Sql, hashes: readonly Buffer[]): Promise<LiveKey[]> {
  const { rows } = await sql.query<SessionRow>(
    `SELECT s.token_hash, s.id AS session_id, least(s.expires_at, k.expires_at) AS expires_at, k.id, k.tenant, k.name, k.scopes,
            extract(epoch FROM least(s.expires_at, k.expires_at) - now())::float8 * 1000 AS left
       FROM postback.console_sessions s JOIN postback.api_keys k ON k.id = s.key_id
      WHERE s.token_hash = ANY ($1::bytea[]) AND s.expires_at > now()
        AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now()) AND 'admin' = ANY (k.scopes)`,
    [hashes],
  );
  return rows.map(({ token_hash, session_id, expires_at, id, tenant, name, scopes, left }) => ({
    hash: token_hash,
    holder: { keyId: id, tenant, name, scopes, session: { id: session_id, expiresAt: expires_at } },
    expiresInMs: left,
  }));
}

interface SessionRow {
  token_hash: Buffer;
  session_id: string;
  expires_at: Date;
  id: string;
  tenant: string;
  name: string;
  scopes: Scope[];
  left: number;
}

/** To the minute, like that of keys; the use of a session is a use of its key. */
export async function noteSessionUse(sql: Sql, ids: readonly string[]): Promise<void> {
  const { rows } = await sql.query<{ key_id: string }>(
    `WITH used AS (
       SELECT id FROM postback.console_sessions WHERE id = ANY ($1::uuid[]) AND last_seen_at < now() - interval '1 minute'
        ORDER BY id FOR UPDATE -- in order, as in noteKeyUse
     ), noted AS (
       UPDATE postback.console_sessions s SET last_seen_at = now() FROM used WHERE s.id = used.id
     )
     SELECT DISTINCT key_id FROM postback.console_sessions WHERE id = ANY ($1::uuid[])`,
    [ids],
  );
  await noteKeyUse(
    sql,
    rows.map(({ key_id }) => key_id),
  );
}

/** Sessions whose time is over, or whose key's is. */
export async function sweepSessions(sql: Sql): Promise<number> {
  const { count } = await sql.query(
    `DELETE FROM postback.console_sessions s USING postback.api_keys k
      WHERE k.id = s.key_id AND (s.expires_at <= now() OR k.revoked_at IS NOT NULL OR k.expires_at <= now())`,
  );
  return count;
}
