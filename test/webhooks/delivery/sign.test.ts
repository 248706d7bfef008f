import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { signatures, signingKey } from '../../../src/webhooks/delivery/sign.js';

const plain = 'my-client-super-secret-key';
const encoded = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const body = '{"type":"task.completed","result":{"ip_clauses":["Clause 7.2"],"note":"naïve 😀"}}';
const signed = { id: '0198c5f0-0000-7000-8000-000000000001', timestampSeconds: 1_778_754_600, body };

/** What a receiver would compute with nothing but Python's standard library. Keys and body travel as hex. */
const receiver = `
import base64, hashlib, hmac, json, sys
given = json.load(sys.stdin)
body = bytes.fromhex(given["body"])
def digest(key, message): return hmac.new(bytes.fromhex(key), message, hashlib.sha256)
content = (given["id"] + "." + given["timestamp"] + ".").encode() + body
print(json.dumps({
  "simple": digest(given["simple_key"], body).hexdigest(),
  "standard": ["v1," + base64.b64encode(digest(key, content).digest()).decode() for key in given["standard_keys"]],
}))`;

function python(simpleKey: Buffer, standardKeys: Buffer[], bytes: Buffer): { simple: string; standard: string[] } {
  const input = JSON.stringify({
    id: signed.id,
    timestamp: String(signed.timestampSeconds),
    body: bytes.toString('hex'),
    simple_key: simpleKey.toString('hex'),
    standard_keys: standardKeys.map((key) => key.toString('hex')),
  });
  const run = spawnSync('python3', ['-c', receiver], { input, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`python3 did not answer: ${run.error ?? run.stderr}`);
  return JSON.parse(run.stdout);
}

describe('signatures', () => {
  it('match a vector made with openssl, in both schemes', () => {
    // printf %s '{"task_id":"1"}' | openssl dgst -sha256 -hmac my-client-super-secret-key
    // printf %s 'msg_1.1700000000.{"task_id":"1"}' | openssl dgst -sha256 -hmac my-client-super-secret-key -binary | base64
    expect(signatures([signingKey(plain)], { id: 'msg_1', timestampSeconds: 1_700_000_000, body: '{"task_id":"1"}' })).toEqual({
      'x-webhook-signature': '2d02847510e27eab5e972b7a9e43493b64a4c757fdb4b50c1e8e7abd16b241b1',
      'webhook-id': 'msg_1',
      'webhook-timestamp': '1700000000',
      'webhook-signature': 'v1,aznPbRsGJwOGsWjzbhlNVqixwX8gLauLh7ADNtdQP9w=',
    });
  });

  it('match the vector that the Standard Webhooks libraries test themselves with', () => {
    const vector = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestampSeconds: 1_614_265_330, body: '{"test": 2432232314}' };
    expect(signatures([signingKey(encoded)], vector)['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('are what a Python process computes, for plain, non-ASCII and whsec_ secrets', () => {
    const decoded = Buffer.from(encoded.slice('whsec_'.length), 'base64');
    const cases: [string, Buffer][] = [
      [plain, Buffer.from(plain)],
      ['schlüssel-€-😀', Buffer.from('schlüssel-€-😀', 'utf8')],
      [encoded, decoded],
    ];
    for (const [secret, standardKey] of cases) {
      const headers = signatures([signingKey(secret)], signed);
      // The simple scheme takes the secret as the client wrote it, prefix and all.
      const expected = python(Buffer.from(secret, 'utf8'), [standardKey], Buffer.from(body, 'utf8'));
      expect(headers['x-webhook-signature']).toBe(expected.simple);
      expect(headers['webhook-signature']).toBe(expected.standard[0]);
    }
  });

  it('verify with the standardwebhooks package: whsec_ as it is, ASCII text as raw, other text as its bytes', () => {
    const library = (webhook: Webhook) => webhook.sign(signed.id, new Date(signed.timestampSeconds * 1000), body);
    expect(library(new Webhook(encoded))).toBe(signatures([signingKey(encoded)], signed)['webhook-signature']);
    expect(library(new Webhook(plain, { format: 'raw' }))).toBe(signatures([signingKey(plain)], signed)['webhook-signature']);
    const other = 'schlüssel-€';
    expect(library(new Webhook(new TextEncoder().encode(other), { format: 'raw' }))).toBe(
      signatures([signingKey(other)], signed)['webhook-signature'],
    );
  });

  it('during a rotation sign with each secret, the newest first, and the simple header with the newest alone', () => {
    const headers = signatures([signingKey(encoded), signingKey(plain)], signed);
    const [newest, previous] = [signatures([signingKey(encoded)], signed), signatures([signingKey(plain)], signed)];
    expect(headers['webhook-signature']).toBe(`${newest['webhook-signature']} ${previous['webhook-signature']}`);
    expect(headers['x-webhook-signature']).toBe(newest['x-webhook-signature']);
  });

  it('are the same for a text and for its UTF-8 bytes, and cover bytes that are no text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(signatures([signingKey(plain)], { ...signed, body: text })).toEqual(
          signatures([signingKey(plain)], { ...signed, body: Buffer.from(text, 'utf8') }),
        );
      }),
    );
    const bytes = Buffer.from([0xff, 0x00, 0xfe]);
    const headers = signatures([signingKey(plain)], { ...signed, body: bytes });
    expect(headers['x-webhook-signature']).toBe(python(Buffer.from(plain), [], bytes).simple);
  });

  it('change with every part of what is signed', () => {
    const one = signatures([signingKey(plain)], signed)['webhook-signature'];
    expect(signatures([signingKey(plain)], { ...signed, id: 'other' })['webhook-signature']).not.toBe(one);
    expect(signatures([signingKey(plain)], { ...signed, timestampSeconds: signed.timestampSeconds + 1 })['webhook-signature']).not.toBe(
      one,
    );
    expect(signatures([signingKey(plain)], { ...signed, body: `${body} ` })['webhook-signature']).not.toBe(one);
  });

  it('need a secret', () => expect(() => signatures([], signed)).toThrow('A webhook is signed with at least one secret.'));
});
