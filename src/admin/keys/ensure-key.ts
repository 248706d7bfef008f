import type { Actor } from '../../platform/audit/actor.js';
import { writeAudit } from '../../platform/audit/write-audit.js';
import type { Database } from '../../platform/database/database.js';
import type { Tx } from '../../platform/database/sql.js';
import { ensureApiKey, hashKey, type NewApiKey } from '../../platform/http/api-keys.js';
import { auditedKey, KEY_COLUMNS, type KeyRow } from './key-row.js';

/** Makes sure that the key is there as it is wanted, and live. Nothing is written when it is. */
export async function ensureKey(database: Database, by: Actor, wanted: NewApiKey): Promise<void> {
  await database.transaction(async (tx) => {
    const before = await find(tx, wanted.key);
    if (before !== null && isAsWanted(before, wanted)) return;
    const made = await ensureApiKey(tx, wanted);
    if (before === null && !made) return; // another process made it meanwhile, and wrote that down
    const after = (await find(tx, wanted.key))!;
    await writeAudit(tx, by, {
      action: made ? 'key.create' : 'key.restore',
      targetId: after.id,
      tenant: after.tenant,
      before: before && auditedKey(before),
      after: auditedKey(after),
    });
  });
}

async function find(tx: Tx, key: string): Promise<KeyRow | null> {
  const { rows } = await tx.query<KeyRow>(`SELECT ${KEY_COLUMNS} FROM postback.api_keys WHERE key_hash = $1 FOR UPDATE`, [hashKey(key)]);
  return rows[0] ?? null;
}

const isAsWanted = (found: KeyRow, { tenant, name, scopes }: NewApiKey): boolean =>
  found.revoked_at === null &&
  found.expires_at === null &&
  found.tenant === tenant &&
  found.name === name &&
  found.scopes.join() === scopes.join();
