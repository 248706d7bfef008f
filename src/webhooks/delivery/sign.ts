import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { encodedKey } from '../secret-format.js';

/** A secret as both schemes use it. As KeyObjects: Node takes several times as long to accept a string or a Buffer as a key. */
export interface SigningKey {
  simple: KeyObject;
  standard: KeyObject;
  /** The secret itself, to be taken out of what is shown. */
  text: string;
}

/**
 * Simple: the UTF-8 bytes of the whole secret, a `whsec_` prefix included. Standard Webhooks: the decoded bytes of a `whsec_`
 * secret, else its UTF-8 bytes.
 */
export function signingKey(secret: string): SigningKey {
  const encoded = encodedKey(secret);
  const simple = createSecretKey(secret, 'utf8');
  return { simple, standard: encoded === null ? simple : createSecretKey(encoded), text: secret };
}

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
 * Simple: hex HMAC-SHA256 of the body. Standard Webhooks 1.0 (standardwebhooks.com): `v1,` and base64 HMAC-SHA256 of
 * `id.timestamp.body`; during a rotation one per key, separated by spaces.
 *
 * @param keys the newest first; the simple scheme has room for the newest only
 */
export function signatures(keys: readonly SigningKey[], signed: Signed): SignatureHeaders {
  const newest = keys[0];
  if (newest === undefined) throw new RangeError('A webhook is signed with at least one secret.');
  return {
    'x-webhook-signature': simpleSignature(newest.simple, signed.body),
    'webhook-id': signed.id,
    'webhook-timestamp': String(signed.timestampSeconds),
    'webhook-signature': keys.map(({ standard }) => standardSignature(standard, signed)).join(' '),
  };
}

function simpleSignature(key: KeyObject, body: Buffer | string): string {
  return createHmac('sha256', key).update(body).digest('hex');
}

function standardSignature(key: KeyObject, { id, timestampSeconds, body }: Signed): string {
  return `v1,${createHmac('sha256', key).update(`${id}.${timestampSeconds}.`).update(body).digest('base64')}`;
}
