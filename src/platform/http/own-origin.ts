import type { FastifyRequest } from 'fastify';
import { Problem } from './problem.js';

/**
 * Why a request that changes something, and that a browser may have been made to send, is refused; null when our own page sent it. Browsers name the
 * page in `Origin` and its relation to us in `Sec-Fetch-Site`, and let no script set either. Ours is where we were asked at, or the public URL.
 */
export function foreignOrigin(request: FastifyRequest, publicUrl: string): Problem | null {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (origin !== undefined && isOurs(origin, request, publicUrl) && (site === undefined || site === 'same-origin')) return null;
  return new Problem(
    403,
    'origin_refused',
    'With the cookie of the console, only its own page may send this; open /console and do it there.',
  );
}

function isOurs(origin: string, { protocol, host }: FastifyRequest, publicUrl: string): boolean {
  return origin === new URL(publicUrl).origin || origin === `${protocol}://${host}`;
}
