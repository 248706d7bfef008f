import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Seconds that a webhook may be old, or ahead of this clock. Older ones are somebody sending a recording. */
const TOLERANCE_SECONDS = 300;

/** Which of the two signatures hold. One is enough for a receiver; the second one also proves the time. */
export interface Verified {
  simple: boolean;
  standard: boolean;
}

/**
 * Checks a webhook by both schemes.
 *
 * @param secrets usually one; two while the secret is being rotated, so that no webhook is refused on the way
 * @param body the raw bytes as they came: parsed and written again, JSON is other bytes
 */
export function verify(
  secrets: readonly string[],
  headers: IncomingHttpHeaders,
  body: Buffer,
  nowSeconds: number = Date.now() / 1000,
): Verified {
  return {
    simple: secrets.some((secret) => verifySimple(secret, headers, body)),
    standard: secrets.some((secret) => verifyStandard(secret, headers, body, nowSeconds)),
  };
}

/** `x-webhook-signature`: hex HMAC-SHA256 of the body. Says who sent it, not when. */
function verifySimple(secret: string, headers: IncomingHttpHeaders, body: Buffer): boolean {
  const expected = createHmac('sha256', secret).update(body).digest('hex');
  return isSame(expected, one(headers, 'x-webhook-signature'));
}

/** `webhook-signature` (Standard Webhooks): base64 HMAC-SHA256 of `id.timestamp.body`, one or several; any may be ours. */
function verifyStandard(secret: string, headers: IncomingHttpHeaders, body: Buffer, nowSeconds: number): boolean {
  const [id, timestamp] = [one(headers, 'webhook-id'), one(headers, 'webhook-timestamp')];
  if (id === '' || !/^\d+$/.test(timestamp) || Math.abs(nowSeconds - Number(timestamp)) > TOLERANCE_SECONDS) return false;
  // a secret that says whsec_ is the base64 of the key; any other is the key itself
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : secret;
  const expected = `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`;
  return one(headers, 'webhook-signature')
    .split(' ')
    .some((given) => isSame(expected, given));
}

/** In constant time: how long it takes tells nobody how much of a guess was right. */
function isSame(expected: string, given: string): boolean {
  const [left, right] = [Buffer.from(expected), Buffer.from(given)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** A header that stands there once; else empty. */
function one(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
}
