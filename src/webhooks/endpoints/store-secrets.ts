import type { Tx } from '../../platform/database/sql.js';
import { newId } from '../../platform/ids.js';
import type { Keyring } from '../../platform/secrets/keyring.js';

export interface SecretWanted {
  tenant: string;
  secret: string;
}

/** Secrets of a group of submits, each once under its plain form, and the ids of those that are stored already. */
export interface KnownSecrets {
  marked: Map<string, Marked>;
  ids: Map<string, string>;
}

export async function lookUpSecrets(tx: Tx, keyring: Keyring, wanted: readonly SecretWanted[]): Promise<KnownSecrets> {
  const marked = markEach(keyring, wanted);
  return { marked, ids: wanted.length === 0 ? new Map() : await select(tx, [...marked.values()]) };
}

/** Ids of the stored, encrypted secrets of a group of submits, in the order asked; a known one is not stored again. */
export async function storeSecrets(tx: Tx, keyring: Keyring, wanted: readonly SecretWanted[], known?: KnownSecrets): Promise<string[]> {
  const { marked, ids } = known ?? (await lookUpSecrets(tx, keyring, wanted));
  const missing = [...new Set(wanted.map(plainly))].map((plain) => marked.get(plain)!).filter((each) => !ids.has(each.key));
  if (missing.length > 0) {
    await insert(tx, keyring, missing);
    // a statement of its own: only a new snapshot sees the row that a concurrent submit has just committed
    for (const [key, id] of await select(tx, missing)) ids.set(key, id);
  }
  return wanted.map((each) => ids.get(marked.get(plainly(each))!.key)!);
}

type Marked = SecretWanted & { fingerprint: Buffer; key: string };

/** Most of a group share a secret, and a fingerprint costs more than a look into a map. */
function markEach(keyring: Keyring, wanted: readonly SecretWanted[]): Map<string, Marked> {
  const marked = new Map<string, Marked>();
  for (const each of wanted) {
    if (marked.has(plainly(each))) continue;
    const fingerprint = keyring.fingerprint('webhook-secret', each.tenant, each.secret);
    marked.set(plainly(each), { ...each, fingerprint, key: keyOf({ ...each, fingerprint }) });
  }
  return marked;
}

const plainly = ({ tenant, secret }: SecretWanted) => `${tenant}\n${secret}`;

async function select(tx: Tx, secrets: readonly Marked[]): Promise<Map<string, string>> {
  const { rows } = await tx.query<{ id: string; tenant: string; fingerprint: Buffer }>(
    {
      name: 'endpoints.find-secrets',
      text: `SELECT s.id, s.tenant, s.fingerprint FROM unnest($1::text[], $2::bytea[]) AS w (tenant, fingerprint)
       JOIN postback.webhook_secrets s USING (tenant, fingerprint)`,
    },
    [secrets.map((s) => s.tenant), secrets.map((s) => s.fingerprint)],
  );
  return new Map(rows.map((row) => [keyOf(row), row.id]));
}

/** Sorted, so that two groups that meet at the same unique keys wait for one another instead of deadlocking. */
async function insert(tx: Tx, keyring: Keyring, secrets: readonly Marked[]): Promise<void> {
  const sealer = await keyring.sealer(tx);
  const sorted = [...secrets].sort((a, b) => (a.key < b.key ? -1 : 1)).map((each) => ({ ...each, id: newId() }));
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
