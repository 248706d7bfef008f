import type { Actor } from '../../platform/audit/actor.js';
import { writeAudit } from '../../platform/audit/write-audit.js';
import type { Database } from '../../platform/database/database.js';
import { auditedKey, KEY_COLUMNS, type KeyRow, showKey } from './key-row.js';
import { lockKey } from './lock-key.js';

/** From now on the key is refused; in processes that know it, after `POSTBACK_KEY_CACHE_MS`. Null when there is none; revoked before: as it was. */
export async function revokeKey(database: Database, by: Actor, id: string): Promise<KeyRow | null> {
  return database.transaction(async (tx) => {
    const before = await lockKey(tx, id);
    if (before === null) return null;
    if (before.revoked_at !== null) return showKey(before);
    const { rows } = await tx.query<KeyRow>(`UPDATE postback.api_keys SET revoked_at = now() WHERE id = $1 RETURNING ${KEY_COLUMNS}`, [id]);
    const after = rows[0]!;
    await writeAudit(tx, by, {
      action: 'key.revoke',
      targetId: id,
      tenant: after.tenant,
      before: auditedKey(before),
      after: auditedKey(after),
    });
    return after;
  });
}
