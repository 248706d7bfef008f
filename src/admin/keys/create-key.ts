import type { Actor } from '../../platform/audit/actor.js';
import { writeAudit } from '../../platform/audit/write-audit.js';
import type { Database } from '../../platform/database/database.js';
import type { Tx } from '../../platform/database/sql.js';
import { hashKey, randomKey } from '../../platform/http/api-keys.js';
import type { Scope } from '../../platform/http/principal.js';
import { newId } from '../../platform/ids.js';
import { auditedKey, KEY_COLUMNS, type KeyRow } from './key-row.js';

export interface KeyWanted {
  tenant: string;
  name: string;
  scopes: readonly Scope[];
  /** Null: never expires. */
  expiresInSeconds: number | null;
}

/** `key` is shown this once: only its hash is kept. */
export interface NewKey extends KeyRow {
  key: string;
}

export async function createKey(database: Database, by: Actor, wanted: KeyWanted): Promise<NewKey> {
  return database.transaction(async (tx) => {
    const made = await insertKey(tx, wanted, null);
    await writeAudit(tx, by, { action: 'key.create', targetId: made.id, tenant: made.tenant, before: null, after: auditedKey(made) });
    return made;
  });
}

/** @param replaces the key that the new one takes over from */
export async function insertKey(tx: Tx, { tenant, name, scopes, expiresInSeconds }: KeyWanted, replaces: string | null): Promise<NewKey> {
  const id = newId();
  const key = randomKey(id);
  const { rows } = await tx.query<KeyRow>(
    `INSERT INTO postback.api_keys (id, tenant, name, key_hash, scopes, expires_at, replaces)
     VALUES ($1, $2, $3, $4, $5, now() + $6 * interval '1 second', $7) RETURNING ${KEY_COLUMNS}`,
    [id, tenant, name, hashKey(key), scopes, expiresInSeconds, replaces],
  );
  return { ...rows[0]!, key };
}
