import type { Tx } from '../../platform/database/sql.js';
import { UnsealError } from '../../platform/secrets/envelope.js';
import type { Keyring } from '../../platform/secrets/keyring.js';

export interface ReWrapped {
  done: number;
  /** Ids of secrets that do not open under the key they name; they are left as they are. */
  unreadable: string[];
  /** Where the next batch begins; null: there was nothing left. */
  last: string | null;
}

/** Any number, as long as every process of Postback takes the same. */
const RE_WRAP_LOCK = 7_067_826_902;

/** Seals the next `limit` secrets of one former master key, by id from `after` on, under config's current one. */
export async function reWrapSecrets(
  tx: Tx,
  keyring: Keyring,
  from: { keyId: string; after: string | null },
  limit: number,
): Promise<ReWrapped> {
  // batch by batch with another rotation that runs at the same time: they share the work, and neither waits for rows in the middle of a page
  await tx.query('SELECT pg_advisory_xact_lock($1)', [RE_WRAP_LOCK]);
  const secrets = await lockNext(tx, from, limit);
  const wrapped = secrets.map((secret) => ({ id: secret.id, sealed: tryReWrap(keyring, secret) }));
  const good = wrapped.filter(({ sealed }) => sealed !== null);
  await tx.query(
    `UPDATE postback.webhook_secrets s SET sealed = n.sealed, master_key_id = $3
       FROM unnest($1::uuid[], $2::bytea[]) AS n (id, sealed) WHERE s.id = n.id`,
    [good.map(({ id }) => id), good.map(({ sealed }) => sealed), keyring.wantedKeyId],
  );
  const unreadable = wrapped.filter(({ sealed }) => sealed === null).map(({ id }) => id);
  return { done: good.length, unreadable, last: secrets.at(-1)?.id ?? null };
}

interface SealedSecret {
  id: string;
  tenant: string;
  sealed: Buffer;
}

async function lockNext(tx: Tx, { keyId, after }: { keyId: string; after: string | null }, limit: number): Promise<SealedSecret[]> {
  const { rows } = await tx.query<SealedSecret>(
    `SELECT id, tenant, sealed FROM postback.webhook_secrets
      WHERE master_key_id = $1 AND ($2::uuid IS NULL OR id > $2)
      ORDER BY id LIMIT $3
        FOR NO KEY UPDATE`,
    [keyId, after, limit],
  );
  return rows;
}

function tryReWrap(keyring: Keyring, { id, tenant, sealed }: SealedSecret): Buffer | null {
  try {
    return keyring.reWrap('webhook_secrets', tenant, id, sealed);
  } catch (error) {
    if (error instanceof UnsealError) return null;
    throw error;
  }
}
