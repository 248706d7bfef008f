import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { Sql } from '../database/sql.js';
import { type MasterKeys, open, rowAad, seal, UnsealError } from './envelope.js';
import { fingerprint } from './fingerprint.js';

const PURPOSE = 'fingerprint';
const aad = rowAad('keyring', '', PURPOSE);

/** Seals and opens secrets, and fingerprints them with a key that lives in the database and so outlives the master key. */
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

  get masterKeyId(): string {
    return this.masterKeys.currentId;
  }

  /** @param tenant, rowId what the secret belongs to; it opens for nothing else */
  seal(table: string, tenant: string, rowId: string, plaintext: string): Buffer {
    return seal(this.masterKeys, plaintext, rowAad(table, tenant, rowId));
  }

  /** Throws `UnsealError`. */
  open(table: string, tenant: string, rowId: string, sealed: Buffer): string {
    return open(this.masterKeys, sealed, rowAad(table, tenant, rowId)).toString('utf8');
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
    throw new Error(
      'POSTBACK_MASTER_KEY is not the key this database was set up with: its secrets would be lost. Set the former key, or point DATABASE_URL at another database.',
      { cause: error },
    );
  }
}
