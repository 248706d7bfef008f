import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  masterKeyId,
  masterKeys,
  open,
  parseMasterKey,
  rowAad,
  seal,
  sealedKeyId,
  UnsealError,
} from '../../../src/platform/secrets/envelope.js';

const key = Buffer.alloc(32, 7);
const otherKey = Buffer.alloc(32, 8);
const keys = masterKeys(key);
const aad = rowAad('webhook_secrets', 'default', '0198c5f0-0000-7000-8000-000000000001');

function faultOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof UnsealError) return error.fault;
    throw error;
  }
  throw new Error('Expected an UnsealError');
}

describe('seal and open', () => {
  it('give back any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.string({ unit: 'grapheme' }), (bytes, bound) => {
        const sealed = seal(keys, Buffer.from(bytes), bound);
        expect(open(keys, sealed, bound)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('take text as UTF-8', () => {
    expect(open(keys, seal(keys, 'geheim–€', aad), aad).toString('utf8')).toBe('geheim–€');
  });

  it('never produce the same bytes twice, and never show the plaintext', () => {
    const sealed = Array.from({ length: 50 }, () => seal(keys, 'my-client-super-secret-key', aad));
    expect(new Set(sealed.map((one) => one.toString('hex'))).size).toBe(50);
    for (const one of sealed) expect(one.includes('my-client')).toBe(false);
  });

  it('lay the bytes out as version, key id, nonce, tag, ciphertext', () => {
    const sealed = seal(keys, 'four', aad);
    expect(sealed.length).toBe(1 + 4 + 12 + 16 + 4);
    expect(sealed[0]).toBe(1);
    expect(sealed.subarray(1, 5).toString('hex')).toBe(masterKeyId(key));
    expect(sealedKeyId(sealed)).toBe(masterKeyId(key));
  });

  it('open what an older master key sealed, while new values go under the current one', () => {
    const rotated = masterKeys(otherKey, [key]);
    expect(open(rotated, seal(keys, 'old', aad), aad).toString()).toBe('old');
    expect(sealedKeyId(seal(rotated, 'new', aad))).toBe(masterKeyId(otherKey));
  });

  it('refuse every single changed or missing byte', () => {
    const sealed = seal(keys, 'my-client-super-secret-key', aad);
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at]! ^= 1;
      expect(() => open(keys, changed, aad)).toThrow(UnsealError);
      expect(() => open(keys, sealed.subarray(0, at), aad)).toThrow(UnsealError);
    }
  });

  it('refuse a value that was moved to another table, tenant or row', () => {
    const sealed = seal(keys, 'secret', rowAad('t', 'a', '1'));
    for (const moved of [rowAad('u', 'a', '1'), rowAad('t', 'b', '1'), rowAad('t', 'a', '2'), '']) {
      expect(faultOf(() => open(keys, sealed, moved))).toBe('not_authentic');
    }
  });

  it('name what is wrong', () => {
    const sealed = seal(keys, 'secret', aad);
    const future = Buffer.from(sealed);
    future[0] = 2;
    expect(faultOf(() => open(keys, future, aad))).toBe('unknown_version');
    expect(faultOf(() => open(masterKeys(otherKey), sealed, aad))).toBe('unknown_key');
    expect(faultOf(() => open(keys, Buffer.alloc(0), aad))).toBe('malformed');
    expect(faultOf(() => open(keys, sealed.subarray(0, 32), aad))).toBe('malformed');
  });

  it('hold no byte of key or secret in an error, its cause included', () => {
    const secret = 'my-client-super-secret-key';
    const sealed = seal(keys, secret, aad);
    const shown: string[] = [];
    for (const attempt of [
      () => open(keys, sealed, 'x'),
      () => open(masterKeys(otherKey), sealed, aad),
      () => open(keys, sealed.subarray(0, 9), aad),
    ]) {
      try {
        attempt();
      } catch (error) {
        shown.push(String(error), String((error as Error).cause), (error as Error).stack!);
      }
    }
    expect(shown).toHaveLength(9);
    for (const text of shown) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(key.toString('hex'));
      expect(text).not.toContain(key.toString('base64'));
    }
  });
});

describe('rowAad', () => {
  it('cannot be read in two ways', () => {
    expect(rowAad('t', 'a","b', 'c')).not.toBe(rowAad('t', 'a', 'b","c'));
    expect(rowAad('t', 'ab', 'c')).not.toBe(rowAad('t', 'a', 'bc'));
  });
});

describe('parseMasterKey', () => {
  it('reads 32 bytes of base64, padded or not', () => {
    const bytes = randomBytes(32);
    const base64 = bytes.toString('base64');
    expect(parseMasterKey(base64)).toEqual({ ok: true, key: bytes });
    expect(parseMasterKey(base64.replace('=', ''))).toEqual({ ok: true, key: bytes });
  });

  it.each([
    '',
    'short',
    `${'A'.repeat(42)}`,
    Buffer.alloc(31).toString('base64'),
    Buffer.alloc(33).toString('base64'),
    `${'A'.repeat(43)}=\n`,
    `${'A'.repeat(20)} ${'A'.repeat(23)}=`,
    `${'-'.repeat(43)}=`,
  ])('refuses %j with a sentence that does not repeat it', (text) => {
    const parsed = parseMasterKey(text);
    if (parsed.ok) throw new Error('Expected a refusal');
    expect(parsed.message).toMatch(/^The master key .*\.$/);
    if (text !== '') expect(parsed.message).not.toContain(text);
  });
});
