import { createCipheriv, createDecipheriv, createHash, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';

/** The master keys a process knows. What was sealed under any of them opens; `currentId` names the one to seal under. */
export interface MasterKeys {
  readonly currentId: string;
  /** 32 bytes each, by `masterKeyId`. KeyObjects, because Node takes several times as long to accept a Buffer as a key. */
  readonly byId: ReadonlyMap<string, KeyObject>;
}

export type UnsealFault = 'malformed' | 'unknown_version' | 'unknown_key' | 'not_authentic';

/** A sealed value that does not open. Its message names keys by id and never holds a byte of key or secret. */
export class UnsealError extends Error {
  constructor(
    readonly fault: UnsealFault,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'UnsealError';
  }
}

const ALGORITHM = 'aes-256-gcm';
const VERSION = 1;
const MASTER_KEY_BYTES = 32;
const KEY_ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + KEY_ID_BYTES;
const OVERHEAD_BYTES = HEADER_BYTES + NONCE_BYTES + TAG_BYTES;

/**
 * Encrypts under the current master key with AES-256-GCM (NIST SP 800-38D, random 96-bit nonce: at most 2^32 values per key).
 * `aad` says what the value belongs to (`rowAad`) and must be given again, unchanged, to open it.
 *
 * Layout: version (1 byte), master-key id (4), nonce (12), tag (16), ciphertext.
 */
export function seal(keys: MasterKeys, plaintext: Buffer | string, aad: string): Buffer {
  const header = Buffer.concat([Buffer.of(VERSION), Buffer.from(keys.currentId, 'hex')]);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, keys.byId.get(keys.currentId)!, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(fullAad(header, aad));
  const ciphertext = Buffer.concat([cipher.update(asBytes(plaintext)), cipher.final()]);
  return Buffer.concat([header, nonce, cipher.getAuthTag(), ciphertext]);
}

/** The bytes that were sealed under the same `aad`; otherwise throws `UnsealError`. */
export function open(keys: MasterKeys, sealed: Buffer, aad: string): Buffer {
  const keyId = sealedKeyId(sealed);
  const key = keys.byId.get(keyId);
  if (!key) throw new UnsealError('unknown_key', `The value was sealed under master key ${keyId}, which is not configured.`);
  const header = sealed.subarray(0, HEADER_BYTES);
  const nonce = sealed.subarray(HEADER_BYTES, HEADER_BYTES + NONCE_BYTES);
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(fullAad(header, aad));
  decipher.setAuthTag(sealed.subarray(HEADER_BYTES + NONCE_BYTES, OVERHEAD_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(OVERHEAD_BYTES)), decipher.final()]);
  } catch (cause) {
    const message = `The value under master key ${keyId} was altered, or belongs to another row or tenant.`;
    throw new UnsealError('not_authentic', message, { cause });
  }
}

/** The id of the master key a value was sealed under, to find what a rotation still has to re-wrap. */
export function sealedKeyId(sealed: Buffer): string {
  if (sealed.length < OVERHEAD_BYTES) {
    throw new UnsealError('malformed', `A sealed value has at least ${OVERHEAD_BYTES} bytes; this one has ${sealed.length}.`);
  }
  if (sealed[0] !== VERSION) throw new UnsealError('unknown_version', `The value is sealed in format ${sealed[0]}, which is unknown here.`);
  return sealed.subarray(1, HEADER_BYTES).toString('hex');
}

/** What a sealed value is bound to: moved to another table, tenant or row it no longer opens. */
export function rowAad(table: string, tenant: string, rowId: string): string {
  return JSON.stringify([table, tenant, rowId]);
}

/** `older` keys still open what was sealed under them. */
export function masterKeys(current: Buffer, older: readonly Buffer[] = []): MasterKeys {
  const byId = new Map([...older, current].map((key) => [masterKeyId(key), createSecretKey(key)]));
  return { currentId: masterKeyId(current), byId };
}

/** 8 hex digits that name a key in rows, logs and messages and tell nothing about it. */
export function masterKeyId(key: Buffer): string {
  const digest = createHash('sha256').update('postback master key id\0').update(key).digest();
  return digest.toString('hex', 0, KEY_ID_BYTES);
}

/** Reads a configured master key: 32 bytes in standard base64. */
export function parseMasterKey(base64: string): { ok: true; key: Buffer } | { ok: false; message: string } {
  const key = Buffer.from(base64, 'base64');
  // Buffer.from skips what is not base64; only the way back shows that nothing was skipped.
  if (unpadded(key.toString('base64')) !== unpadded(base64)) return { ok: false, message: 'The master key is not standard base64.' };
  if (key.length !== MASTER_KEY_BYTES) {
    return { ok: false, message: `The master key must be ${MASTER_KEY_BYTES} bytes in base64; this one has ${key.length}.` };
  }
  return { ok: true, key };
}

/** The header has a fixed length, so header and `aad` cannot be read in two ways. */
function fullAad(header: Buffer, aad: string): Buffer {
  return Buffer.concat([header, Buffer.from(aad, 'utf8')]);
}

function asBytes(plaintext: Buffer | string): Buffer {
  return typeof plaintext === 'string' ? Buffer.from(plaintext, 'utf8') : plaintext;
}

function unpadded(base64: string): string {
  return base64.replace(/={0,2}$/, '');
}
