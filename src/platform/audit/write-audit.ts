import type { Tx } from '../database/sql.js';
import { newId } from '../ids.js';
import { jsonText } from '../json-text.js';
import type { Actor } from './actor.js';

/** `before` and `after` hold no secret, not even a hash of one. */
export interface AuditEntry {
  /** `<kind of target>.<verb>`, such as `key.create`. */
  action: `${string}.${string}`;
  targetId: string;
  /** Whose the target is. */
  tenant: string | null;
  before: object | null;
  after: object | null;
}

/** One line of the audit log, in the transaction of what it tells of: there is neither without the other. */
export async function writeAudit(tx: Tx, actor: Actor, { action, targetId, tenant, before, after }: AuditEntry): Promise<void> {
  await tx.query(
    `INSERT INTO postback.audit_log (id, actor, key_id, ip, request_id, action, target_type, target_id, tenant, before, after)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      newId(),
      actor.name,
      actor.keyId,
      actor.ip,
      actor.requestId,
      action,
      action.split('.')[0],
      targetId,
      tenant,
      before && jsonText(before),
      after && jsonText(after),
    ],
  );
}
