import { describe, expect, it } from '@jest/globals';
import { sendWebhook } from '../../../src/webhooks/delivery/send-webhook.js';
import { signingKey } from '../../../src/webhooks/delivery/sign.js';

const SECRET = 'super-secret-key-of-client';
const HEADERS = { authorization: 'Bearer abcdefgh-ijklmnop', 'x-long': 'before abcdefgh-ijklmnop after' };

describe('the excerpt of an answer', () => {
  it.each([
    ['the secret', `key=${SECRET}.`, 'key=***.'],
    ['a header', 'authorization: Bearer abcdefgh-ijklmnop', 'authorization: ***'],
    ['the credential of a header without its scheme', '{"token":"abcdefgh-ijklmnop"}', '{"token":"***"}'],
    ['a value that holds another one', 'x: before abcdefgh-ijklmnop after', 'x: ***'],
    ['nothing else', 'no super-secret here, Bearer abcd', 'no super-secret here, Bearer abcd'],
  ])('hides %s', async (_, body, shown) => {
    expect(await excerptOf(body, false)).toBe(shown);
  });

  it('hides the key in a whsec_ secret, which receivers decode', async () => {
    const encoded = Buffer.alloc(24, 9).toString('base64');
    expect(await excerptOf(`key ${encoded}`, false, `whsec_${encoded}`)).toBe('key ***');
  });

  it.each([SECRET, 'Bearer abcdefgh-ijklmnop', 'abcdefgh-ijklmnop'])(
    'shows less than four letters of %j, wherever it was cut',
    async (secret) => {
      for (let length = 0; length < secret.length; length += 1) {
        const excerpt = await excerptOf(`page ${secret.slice(0, length)}`, true);
        expect(excerpt).toBe(length < 4 ? `page ${secret.slice(0, length)}` : 'page ***');
      }
    },
  );

  it('is not touched at its end when it is whole', async () => {
    expect(await excerptOf('super', false)).toBe('super');
  });
});

/** What is kept of an answer with this body. */
async function excerptOf(excerpt: string, truncated: boolean, secret = SECRET): Promise<string | null> {
  const rest = { headers: {}, firstByteMs: 1, durationMs: 1, reused: false };
  const client = { send: async () => ({ kind: 'response' as const, status: 500, excerpt, truncated, ...rest }) };
  const message = { id: null, eventId: 'e', url: 'https://receiver.test/', attempt: 1, body: '{}', thinBody: null, thin: false };
  const attempt = await sendWebhook(
    { client, timeoutMs: 1_000, signal: new AbortController().signal, nowMs: () => 0 },
    { ...message, headers: HEADERS, timeoutMs: null, traceparent: null, signers: [signingKey(secret)] },
  );
  return attempt.excerpt;
}
