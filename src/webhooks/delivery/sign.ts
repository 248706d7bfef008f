import { createHmac, createSecretKey } from 'node:crypto';
import { encodedKey } from '../secret-format.js';

/** What is signed: exactly the bytes that are sent. */
export interface Signed {
  /** The event's id, the same on every attempt. */
  id: string;
  /** When this attempt leaves, in whole seconds since 1970. */
  timestampSeconds: number;
  body: Buffer | string;
}

export interface SignatureHeaders {
  'x-webhook-signature': string;
  'webhook-id': string;
  'webhook-timestamp': string;
  'webhook-signature': string;
}

/**
 * The signature headers of one attempt, in both schemes, with what they sign.
 *
 * Simple: hex HMAC-SHA256 of the body, keyed by the UTF-8 bytes of the whole secret, a `whsec_` prefix included.
 * Standard Webhooks 1.0 (standardwebhooks.com): `v1,` and base64 HMAC-SHA256 of `id.timestamp.body`, keyed by the decoded
 * bytes of a `whsec_` secret, else by its UTF-8 bytes; during a rotation one per secret, separated by spaces.
 *
 * @param secrets one, or the newest first; the simple scheme has room for the newest only
 */
export function signatures(secrets: string | readonly string[], signed: Signed): SignatureHeaders {
  const all = typeof secrets === 'string' ? [secrets] : secrets;
  const newest = all[0];
  if (newest === undefined) throw new RangeError('A webhook is signed with at least one secret.');
  return {
    'x-webhook-signature': simpleSignature(newest, signed.body),
    'webhook-id': signed.id,
    'webhook-timestamp': String(signed.timestampSeconds),
    'webhook-signature': all.map((secret) => standardSignature(secret, signed)).join(' '),
  };
}

function simpleSignature(secret: string, body: Buffer | string): string {
  return createHmac('sha256', createSecretKey(secret, 'utf8')).update(body).digest('hex');
}

function standardSignature(secret: string, { id, timestampSeconds, body }: Signed): string {
  const encoded = encodedKey(secret);
  // as a KeyObject: Node takes several times as long to accept a Buffer as a key
  const key = encoded === null ? createSecretKey(secret, 'utf8') : createSecretKey(encoded);
  return `v1,${createHmac('sha256', key).update(`${id}.${timestampSeconds}.`).update(body).digest('base64')}`;
}
