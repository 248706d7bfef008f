import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { Sql, Tx } from '../database/sql.js';
import { type MasterKeys, open, rowAad, seal, UnsealError } from './envelope.js';
import { fingerprint } from './fingerprint.js';

const PURPOSE = 'fingerprint';
const aad = rowAad('keyring', '', PURPOSE);

/** Seals under the master key that is in use, for as long as the transaction that it was made for. */
export interface Sealer {
  readonly masterKeyId: string;
  /** @param tenant, rowId what the secret belongs to; it opens for nothing else */
  seal(table: string, tenant: string, rowId: string, plaintext: string): Buffer;
}

/**
 * Opens and seals secrets, and fingerprints them with a key that lives in the database and so outlives the master key.
 *
 * Config says which master keys are known, the database which one is in use: that of the fingerprint key's own row. `adopt`
 * moves it to config's current key, for all processes at once.
 */
export class Keyring {
  private constructor(
    private readonly masterKeys: MasterKeys,
    private readonly fingerprintKey: KeyObject, // made once: an HMAC with a Buffer takes ten times as long
  ) {}

  /** Makes the fingerprint key at the first boot; at every later one, opening it proves that the master key is the right one. */
  static async load(sql: Sql, masterKeys: MasterKeys): Promise<Keyring> {
    await sql.query('INSERT INTO postback.keyring (purpose, sealed, master_key_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
      PURPOSE,
      seal(masterKeys, randomBytes(32), aad),
      masterKeys.currentId,
    ]);
    const { rows } = await sql.query<{ sealed: Buffer }>('SELECT sealed FROM postback.keyring WHERE purpose = $1', [PURPOSE]);
    return new Keyring(masterKeys, createSecretKey(openOwn(masterKeys, rows[0]!.sealed)));
  }

  /** Of all known master keys. */
  get masterKeyIds(): readonly string[] {
    return [...this.masterKeys.byId.keys()];
  }

  /** Of the master key that config wants to be in use. */
  get wantedKeyId(): string {
    return this.masterKeys.currentId;
  }

  /** The lock lasts until the commit: from the end of `adopt` on, nothing is sealed under the former key any more. */
  async sealer(tx: Tx): Promise<Sealer> {
    const { rows } = await tx.query<{ id: string }>(
      'SELECT master_key_id AS id FROM postback.keyring WHERE purpose = $1 FOR KEY SHARE', // strong enough against FOR UPDATE, and shared
      [PURPOSE],
    );
    const { id } = rows[0]!;
    if (!this.masterKeys.byId.has(id)) throw new Error(unknownInUse(id));
    const keys = { ...this.masterKeys, currentId: id };
    return { masterKeyId: id, seal: (table, tenant, rowId, plaintext) => seal(keys, plaintext, rowAad(table, tenant, rowId)) };
  }

  /** Takes config's current master key into use. Returns the id of the former one; null when it is in use already. */
  async adopt(tx: Tx): Promise<string | null> {
    const { rows } = await tx.query<{ id: string }>(
      'SELECT master_key_id AS id FROM postback.keyring WHERE purpose = $1 FOR UPDATE', // waits for every sealer
      [PURPOSE],
    );
    const former = rows[0]!.id;
    if (former === this.wantedKeyId) return null;
    await tx.query('UPDATE postback.keyring SET sealed = $2, master_key_id = $3 WHERE purpose = $1', [
      PURPOSE,
      seal(this.masterKeys, this.fingerprintKey.export(), aad),
      this.wantedKeyId,
    ]);
    return former;
  }

  /** Throws `UnsealError`. */
  open(table: string, tenant: string, rowId: string, sealed: Buffer): string {
    return open(this.masterKeys, sealed, rowAad(table, tenant, rowId)).toString('utf8');
  }

  /** The same secret under config's current master key. Throws `UnsealError`. */
  reWrap(table: string, tenant: string, rowId: string, sealed: Buffer): Buffer {
    const bound = rowAad(table, tenant, rowId);
    return seal(this.masterKeys, open(this.masterKeys, sealed, bound), bound);
  }

  fingerprint(purpose: string, ...parts: string[]): Buffer {
    return fingerprint(this.fingerprintKey, purpose, ...parts);
  }
}

function openOwn(masterKeys: MasterKeys, sealed: Buffer): Buffer {
  try {
    return open(masterKeys, sealed, aad);
  } catch (error) {
    if (!(error instanceof UnsealError)) throw error;
    if (error.fault !== 'unknown_key')
      throw new Error('The row of postback.keyring was altered and does not open. Restore that row from a backup of this database.', {
        cause: error,
      });
    throw new Error(
      'POSTBACK_MASTER_KEY is not the key this database was set up with: its secrets would be lost. Set the former key (in POSTBACK_MASTER_KEY_OTHERS, if this one is to replace it), or point DATABASE_URL at another database.',
      { cause: error },
    );
  }
}

const unknownInUse = (id: string) =>
  `Master key ${id} is in use and this process does not know it. Add it to POSTBACK_MASTER_KEY_OTHERS and restart.`;
