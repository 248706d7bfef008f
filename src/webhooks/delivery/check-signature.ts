import { createHmac, timingSafeEqual } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { secretHint } from '../endpoints/endpoint-secret.js';
import { type SignatureHeaders, type SigningKey, signatures } from './sign.js';
import type { Signer } from './signing-keys.js';

export const SIGNATURE_PROBLEMS = ['body_purged', 'secret_missing', 'secret_unreadable'] as const;

export interface SignatureCheck {
  /** In both schemes, for each secret. */
  valid: boolean;
  /** Secrets that sign: two during a rotation. */
  secrets: number;
  /** What may be shown of the newest. */
  secret_hint: string | null;
  /** Why it cannot be signed. */
  problem: (typeof SIGNATURE_PROBLEMS)[number] | null;
}

/**
 * Whether a receiver that has the secret would accept the stored body, signed now as it would be sent: checked by the library that receivers use, not by
 * the code that signs.
 *
 * @param signers newest first
 */
export function checkSignature(signers: readonly Signer[], eventId: string, body: string | null, nowMs: number): SignatureCheck {
  const [newest] = signers;
  if (newest === undefined || newest === 'missing') return cannot('secret_missing');
  if (newest === 'unreadable') return cannot('secret_unreadable');
  const keys = signers.filter((signer): signer is SigningKey => typeof signer !== 'string');
  const known = { secrets: keys.length, secret_hint: secretHint(newest.text) };
  if (body === null) return { ...cannot('body_purged'), ...known };
  const headers = signatures(keys, { id: eventId, timestampSeconds: Math.floor(nowMs / 1_000), body });
  const valid = keys.every((key) => verifies(key.text, headers, body)) && simpleMatches(newest.text, headers, body);
  return { ...known, valid, problem: null };
}

const cannot = (problem: SignatureCheck['problem']): SignatureCheck => ({ valid: false, secrets: 0, secret_hint: null, problem });

function verifies(secret: string, headers: SignatureHeaders, body: string): boolean {
  const webhook = secret.startsWith('whsec_') ? new Webhook(secret) : new Webhook(Buffer.from(secret, 'utf8'), { format: 'raw' }); // given a string, it would take each character for one byte
  try {
    webhook.verify(body, { ...headers });
    return true;
  } catch {
    return false;
  }
}

function simpleMatches(secret: string, headers: SignatureHeaders, body: string): boolean {
  const expected = createHmac('sha256', Buffer.from(secret, 'utf8')).update(Buffer.from(body, 'utf8')).digest();
  const given = Buffer.from(headers['x-webhook-signature'], 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
