import { randomBytes } from 'node:crypto';

const HINT_LENGTH = 4;
/** A shorter secret would lose too much of itself to its hint. */
const MIN_LENGTH_FOR_HINT = 24;

/** A secret as Standard Webhooks wants it: 256 random bits behind `whsec_`. */
export const generateSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

/** What may be shown of a secret, so that its owner can tell which one it is: at most its last four characters. */
export function secretHint(secret: string): string {
  const prefix = secret.startsWith('whsec_') ? 'whsec_' : '';
  return `${prefix}***${secret.length >= MIN_LENGTH_FOR_HINT ? secret.slice(-HINT_LENGTH).toWellFormed() : ''}`;
}
