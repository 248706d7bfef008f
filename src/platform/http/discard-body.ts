import type { IncomingMessage } from 'node:http';

/**
 * Lets the body of a refused request run out, unread and unkept, so that its sender gets to see the answer; one that goes on beyond `maxBytes`
 * is cut off.
 */
export function discardBody(request: IncomingMessage, maxBytes: number): void {
  let left = maxBytes;
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  });
}
