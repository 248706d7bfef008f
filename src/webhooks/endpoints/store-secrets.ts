import type { Tx } from '../../platform/database/sql.js';
import { newId } from '../../platform/ids.js';
import type { Keyring } from '../../platform/secrets/keyring.js';

export interface SecretWanted {
  tenant: string;
  secret: string;
}

/** Ids of the stored, encrypted secrets of a group of submits, in the order asked; a secret seen before is not stored again. */
export async function storeSecrets(tx: Tx, keyring: Keyring, wanted: readonly SecretWanted[]): Promise<string[]> {
  const marked = wanted.map((each) => ({ ...each, fingerprint: keyring.fingerprint('webhook-secret', each.tenant, each.secret) }));
  const byKey = new Map(marked.map((each) => [keyOf(each), each]));
  const ids = await select(tx, [...byKey.values()]);
  const missing = [...byKey].filter(([key]) => !ids.has(key)).map(([, each]) => each);
  if (missing.length > 0) {
    await insert(tx, keyring, missing);
    // a statement of its own: only a new snapshot sees the row that a concurrent submit has just committed
    for (const [key, id] of await select(tx, missing)) ids.set(key, id);
  }
  return marked.map((each) => ids.get(keyOf(each))!);
}

type Marked = SecretWanted & { fingerprint: Buffer };

async function select(tx: Tx, secrets: readonly Marked[]): Promise<Map<string, string>> {
  const { rows } = await tx.query<{ id: string; tenant: string; fingerprint: Buffer }>(
    `SELECT s.id, s.tenant, s.fingerprint FROM unnest($1::text[], $2::bytea[]) AS w (tenant, fingerprint)
       JOIN postback.webhook_secrets s USING (tenant, fingerprint)`,
    [secrets.map((s) => s.tenant), secrets.map((s) => s.fingerprint)],
  );
  return new Map(rows.map((row) => [keyOf(row), row.id]));
}

/** Sorted, so that two groups that meet at the same unique keys wait for one another instead of deadlocking. */
async function insert(tx: Tx, keyring: Keyring, secrets: readonly Marked[]): Promise<void> {
  const sealer = await keyring.sealer(tx);
  const sorted = [...secrets].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)).map((each) => ({ ...each, id: newId() }));
  await tx.query(
    `INSERT INTO postback.webhook_secrets (id, tenant, fingerprint, sealed, master_key_id)
     SELECT id, tenant, fingerprint, sealed, $5 FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::bytea[]) AS n (id, tenant, fingerprint, sealed)
     ON CONFLICT (tenant, fingerprint) DO NOTHING`,
    [
      sorted.map((s) => s.id),
      sorted.map((s) => s.tenant),
      sorted.map((s) => s.fingerprint),
      sorted.map((s) => sealer.seal('webhook_secrets', s.tenant, s.id, s.secret)),
      sealer.masterKeyId,
    ],
  );
}

const keyOf = ({ tenant, fingerprint }: { tenant: string; fingerprint: Buffer }) => `${tenant}\n${fingerprint.toString('hex')}`;
