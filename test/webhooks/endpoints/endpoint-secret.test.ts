import { describe, expect, it } from '@jest/globals';
import { generateSecret, secretHint } from '../../../src/webhooks/endpoints/endpoint-secret.js';
import { checkWebhookSecret, encodedKey } from '../../../src/webhooks/secret-format.js';

describe('a secret that is made', () => {
  it('is one that is accepted, of 32 bytes, and never the same', () => {
    const made = Array.from({ length: 100 }, generateSecret);
    expect(new Set(made).size).toBe(100);
    for (const secret of made) {
      expect(checkWebhookSecret(secret)).toEqual({ ok: true });
      expect(encodedKey(secret)).toHaveLength(32);
    }
  });
});

describe('a hint', () => {
  it.each([
    [`whsec_${Buffer.alloc(32, 1).toString('base64')}`, 'whsec_***AQE='],
    ['whsec_AAAAAAAAAAAAAA==', 'whsec_***'],
    ['12345678', '***'],
    ['a secret made of quite some words', '***ords'],
    [`${'x'.repeat(24)}😀abc`, '***\uFFFDabc'],
  ])('of %s shows at most its end', (secret, hint) => {
    expect(secretHint(secret)).toEqual(hint);
  });
});
