import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { checkWebhookSecret, encodedKey } from '../../src/webhooks/secret-format.js';

function whsec(bytes: number): string {
  return `whsec_${Buffer.alloc(bytes, 0xab).toString('base64')}`;
}

describe('checkWebhookSecret', () => {
  it.each([
    ['the 8 bytes that are the least', '12345678'],
    ['the 256 bytes that are the most', 'x'.repeat(256)],
    ['few characters of many bytes', '€€€'],
    ['the secret of the documentation', 'my-client-super-secret-key'],
    ['control characters and spaces, which are bytes like others', ' \t\n key\0 '],
    ['another prefix', 'WHSEC_not-base64!'],
    ['16 encoded bytes', whsec(16)],
    ['64 encoded bytes', whsec(64)],
    ['24 encoded bytes, the usual', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  ])('accepts %s', (_name, secret) => expect(checkWebhookSecret(secret)).toEqual({ ok: true }));

  it.each([
    ['nothing', '', '8 to 256 bytes in UTF-8; this one has 0'],
    ['7 bytes', '1234567', 'this one has 7'],
    ['257 bytes', 'x'.repeat(257), 'this one has 257'],
    ['86 characters of 258 bytes', '€'.repeat(86), 'this one has 258'],
    ['half of a surrogate pair', '12345678\ud800', 'surrogate'],
    ['15 encoded bytes', whsec(15), 'this one holds 15'],
    ['65 encoded bytes', whsec(65), 'this one holds 65'],
    ['a prefix alone', 'whsec_', 'this one holds 0'],
    ['text behind the prefix', 'whsec_my-client-super-secret-key', 'standard base64'],
    ['base64 of the URL alphabet', `whsec_${Buffer.alloc(18, 0xff).toString('base64url')}`, 'standard base64'],
    ['base64 without its padding', whsec(16).replaceAll('=', ''), 'standard base64'],
    ['base64 with a line end', `${whsec(24)}\n`, 'standard base64'],
    ['base64 whose spare bits are set', `whsec_${'A'.repeat(21)}B==`, 'standard base64'],
    ['two prefixes', `whsec_${whsec(24)}`, 'standard base64'],
  ])('refuses %s with a sentence', (_name, secret, part) => {
    const checked = checkWebhookSecret(secret);
    if (checked.ok) throw new Error('Expected a refusal');
    expect(checked.message).toContain(part);
    expect(checked.message).toMatch(/\.$/);
  });

  it('never repeats the secret in its answer', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 6, maxLength: 300 }), fc.boolean(), (text, prefixed) => {
        const checked = checkWebhookSecret(prefixed ? `whsec_${text}` : text);
        fc.pre(!checked.ok && text.trim().length > 5);
        expect(!checked.ok && checked.message.includes(text)).toBe(false);
      }),
    );
  });

  it('accepts no whsec_ secret that a receiver cannot load with the Standard Webhooks library', () => {
    const tail = fc.oneof(fc.base64String({ minLength: 16, maxLength: 100 }), fc.string({ minLength: 16, maxLength: 100 }));
    fc.assert(
      fc.property(tail, (text) => {
        const secret = `whsec_${text}`;
        if (checkWebhookSecret(secret).ok) expect(() => new Webhook(secret)).not.toThrow();
      }),
    );
  });
});

describe('encodedKey', () => {
  it('gives the bytes of a whsec_ secret and nothing for any other text', () => {
    expect(encodedKey(whsec(20))).toEqual(Buffer.alloc(20, 0xab));
    expect(encodedKey('my-client-super-secret-key')).toBeNull();
    expect(encodedKey('whsec_***')).toBeNull();
  });
});
