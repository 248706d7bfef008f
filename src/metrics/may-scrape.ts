import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Whether a request may read the metrics: everybody may unless there is a token.
 *
 * @param authorization the header, as it came
 */
export function mayScrape(token: string | null, authorization: string | undefined): boolean {
  if (token === null) return true;
  const given = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
  // digests have one length, which the comparison in constant time needs
  return given !== undefined && timingSafeEqual(digest(given), digest(token));
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
