import { timingSafeEqual } from 'node:crypto';
import type { Keyring } from '../platform/secrets/keyring.js';
import { taskLinks } from './task-links.js';

const PURPOSE = 'result-link';

/** A URL that gives the result of one task to whoever holds it, until `expiresAt`: for receivers of webhooks, who hold no key. */
export function resultUrl(keyring: Keyring, publicUrl: string, taskId: string, expiresAt: Date): string {
  const expires = Math.floor(expiresAt.getTime() / 1_000);
  return `${taskLinks(publicUrl, taskId).self}/result?token=${expires}.${sign(keyring, taskId, expires).toString('base64url')}`;
}

/** When a token of `resultUrl` ends, in seconds since 1970; null when it was not made by us, or not for this task. */
export function readResultToken(keyring: Keyring, taskId: string, token: string): number | null {
  const [, seconds, signature] = /^(\d{1,12})\.([\w-]{43})$/.exec(token) ?? [];
  if (seconds === undefined || signature === undefined) return null;
  const expires = Number(seconds);
  // by the signed text, not its bytes: base64url has several spellings for the same ones
  const expected = sign(keyring, taskId, expires).toString('base64url');
  return timingSafeEqual(Buffer.from(signature), Buffer.from(expected)) && seconds === String(expires) ? expires : null;
}

/** Ids are compared by value, so a token fits every spelling of its task's id. */
function sign(keyring: Keyring, taskId: string, expires: number): Buffer {
  return keyring.fingerprint(PURPOSE, taskId.toLowerCase(), String(expires));
}
