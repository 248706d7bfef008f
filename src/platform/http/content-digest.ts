import { createHash } from 'node:crypto';

/** The value of a Content-Digest header (RFC 9530) for this text in UTF-8. */
export function contentDigest(text: string): string {
  return `sha-256=:${createHash('sha256').update(text).digest('base64')}:`;
}
