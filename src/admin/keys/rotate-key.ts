import type { Actor } from '../../platform/audit/actor.js';
import { writeAudit } from '../../platform/audit/write-audit.js';
import type { Database } from '../../platform/database/database.js';
import type { Tx } from '../../platform/database/sql.js';
import { insertKey, type NewKey } from './create-key.js';
import { auditedKey, KEY_COLUMNS, type KeyRow } from './key-row.js';
import { lockKey } from './lock-key.js';

export type KeyRotation =
  | { kind: 'rotated'; made: NewKey }
  | { kind: 'unknown' }
  /** Expired or revoked: there is nothing to hand over. */
  | { kind: 'not_live' }
  /** Another key replaces it already; that one is to be rotated. */
  | { kind: 'replaced' };

/** A new key of the same tenant, name, scopes and lifetime; the former one goes on for the overlap, so that callers can change over. */
export async function rotateKey(database: Database, by: Actor, id: string, overlapSeconds: number): Promise<KeyRotation> {
  return database.transaction(async (tx) => {
    const former = await lockKey(tx, id);
    if (former === null) return { kind: 'unknown' };
    if (former.expired || former.revoked_at !== null) return { kind: 'not_live' };
    const successors = await successorsOf(tx, id);
    if (successors.some(({ revoked_at }) => revoked_at === null)) return { kind: 'replaced' };
    // one that was replaced before, by a key that was revoked since, ends with the overlap of then; its lifetime went over to that key
    const made = await insertKey(tx, { ...former, expiresInSeconds: lifetimeSeconds(successors[0] ?? former) }, id);
    const ending = await endAfter(tx, id, overlapSeconds);
    await writeAudit(tx, by, {
      action: 'key.rotate',
      targetId: id,
      tenant: former.tenant,
      before: auditedKey(former),
      after: { ...auditedKey(ending), replaced_by: made.id, replaced_by_expires_at: made.expires_at },
    });
    return { kind: 'rotated', made };
  });
}

/** Oldest first. */
async function successorsOf(tx: Tx, id: string): Promise<KeyRow[]> {
  const { rows } = await tx.query<KeyRow>(`SELECT ${KEY_COLUMNS} FROM postback.api_keys WHERE replaces = $1 ORDER BY created_at, id`, [id]);
  return rows;
}

/** The new key lives as long as the former one was made for. */
function lifetimeSeconds({ created_at, expires_at }: KeyRow): number | null {
  return expires_at === null ? null : Math.max(1, Math.round((expires_at.getTime() - created_at.getTime()) / 1_000));
}

/** An end that comes sooner stays. */
async function endAfter(tx: Tx, id: string, seconds: number): Promise<KeyRow> {
  const { rows } = await tx.query<KeyRow>(
    `UPDATE postback.api_keys SET expires_at = least(expires_at, now() + $2 * interval '1 second') WHERE id = $1 RETURNING ${KEY_COLUMNS}`,
    [id, seconds],
  );
  return rows[0]!;
}
