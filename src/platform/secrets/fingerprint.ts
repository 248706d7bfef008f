import { createHmac, type KeyObject } from 'node:crypto';

/**
 * A keyed fingerprint: HMAC-SHA256 over a purpose and parts, 32 bytes. Equal inputs meet in a unique index, and without
 * the key nobody can try out what was fingerprinted. Each purpose is its own name space.
 *
 * Strings count as their UTF-8 bytes. Each part stands behind its length, so `('ab','c')` and `('a','bc')` differ.
 */
export function fingerprint(key: Buffer | KeyObject, purpose: string, ...parts: readonly (string | Buffer)[]): Buffer {
  const hmac = createHmac('sha256', key);
  for (const part of [purpose, ...parts]) {
    const bytes = typeof part === 'string' ? Buffer.from(part, 'utf8') : part;
    hmac.update(lengthPrefix(bytes.length)).update(bytes);
  }
  return hmac.digest();
}

function lengthPrefix(length: number): Buffer {
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64BE(BigInt(length));
  return prefix;
}
