import type { Actor } from '../platform/audit/actor.js';
import { writeAudit } from '../platform/audit/write-audit.js';
import type { Database } from '../platform/database/database.js';
import type { Sql } from '../platform/database/sql.js';
import type { Keyring } from '../platform/secrets/keyring.js';
import { findKeysInUse } from '../webhooks/endpoints/find-keys-in-use.js';
import { type ReWrapped, reWrapSecrets } from '../webhooks/endpoints/re-wrap-secrets.js';

export interface RotationOptions {
  by: Actor;
  /** A process silent for longer no longer counts. */
  lostMs: number;
  /** Secrets per transaction. */
  batchSize?: number;
  /** After each batch, with all that were sealed anew so far. What it throws ends the rotation there. */
  onBatch?: (done: number) => void;
}

export type Rotated =
  | { kind: 'done'; secrets: number; unreadable: string[] }
  /** These living processes do not know the new key, and could read nothing that it sealed. Nothing was changed. */
  | { kind: 'unknown_to'; processes: string[] };

/**
 * Takes config's current master key into use and seals every secret under it, in short transactions, while the service runs.
 * Cut short at any point it leaves every secret readable; run again, it goes on with what is left.
 */
export async function rotateMasterKey(database: Database, keyring: Keyring, options: RotationOptions): Promise<Rotated> {
  const processes = await strangersTo(database, keyring.wantedKeyId, options.lostMs);
  if (processes.length > 0) return { kind: 'unknown_to', processes };
  await database.transaction(async (tx) => {
    const former = await keyring.adopt(tx);
    if (former === null) return;
    await writeAudit(tx, options.by, {
      action: 'keyring.rotate',
      targetId: keyring.wantedKeyId,
      tenant: null,
      before: { master_key_id: former },
      after: { master_key_id: keyring.wantedKeyId },
    });
  });
  const rotated = { kind: 'done' as const, secrets: 0, unreadable: [] as string[] };
  for await (const { done, unreadable } of batches(database, keyring, options.batchSize ?? 500)) {
    rotated.secrets += done;
    rotated.unreadable.push(...unreadable);
    options.onBatch?.(rotated.secrets);
  }
  return rotated;
}

/** From here on nobody seals under a former key, so one walk over each finds them all. */
async function* batches(database: Database, keyring: Keyring, size: number): AsyncGenerator<ReWrapped> {
  const former = (await findKeysInUse(database)).filter((id) => id !== keyring.wantedKeyId);
  for (const keyId of former) {
    for (let after: string | null = null; ; ) {
      const from = { keyId, after };
      const batch: ReWrapped = await database.transaction((tx) => reWrapSecrets(tx, keyring, from, size));
      if (batch.last === null) break;
      yield batch;
      after = batch.last;
    }
  }
}

async function strangersTo(sql: Sql, keyId: string, lostMs: number): Promise<string[]> {
  const { rows } = await sql.query<{ name: string }>(
    `SELECT format('%s on %s (process %s)', array_to_string(roles, '+'), host, pid) AS name FROM postback.processes
      WHERE heartbeat_at > now() - $2 * interval '1 ms' AND ($1 = ANY (master_key_ids)) IS NOT TRUE
      ORDER BY started_at`,
    [keyId, lostMs],
  );
  return rows.map(({ name }) => name);
}
