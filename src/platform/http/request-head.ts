import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { Problem } from './problem.js';

/** Of several of one of these Node keeps the first and says nothing; a proxy before us may go by the last. What it let through would not be what we do. */
const ONE_AT_MOST = new Set(['authorization', 'content-type', 'expect', 'host']);

/** A name or an address, and perhaps a port (RFC 9112, section 3.2). Empty: for who asks for no name. */
const HOST = /^(?:(?:\[[\w:.%]+\]|[\w.~-]+)(?::\d{1,5})?)?$/;

/** Why the head of a request is refused that Node's parser lets through; null when it can mean one thing only. */
export function headProblem(request: IncomingMessage): Problem | null {
  const { httpVersion, headers, rawHeaders } = request;
  const twice = findTwice(rawHeaders);
  if (twice !== null) return refuse(`The header ${twice} is there twice.`);
  if (headers.host === undefined ? httpVersion === '1.1' : !HOST.test(headers.host))
    return refuse('The request needs a header Host, with a host.');
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked')
    return refuse('Send the body with Content-Length or chunked, and no other coding.');
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue')
    return refuse('The only thing to expect is 100-continue.');
  return null;
}

function findTwice(rawHeaders: readonly string[]): string | null {
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase();
    if (!ONE_AT_MOST.has(name)) continue;
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return null;
}

/** Whoever sent it and whoever passed it on may not agree where it ends: nothing more is taken from this connection. */
const refuse = (detail: string): Problem => new Problem(400, 'bad_request', detail, { headers: { connection: 'close' } });

/** Leaves to the door what Node would answer itself, before anybody was judged: a bare 417, and 100 to whoever asks whether to go on with his body. */
export function judgeExpectations({ server }: FastifyInstance): void {
  for (const event of ['checkContinue', 'checkExpectation'])
    server.on(event, (request: IncomingMessage, response: ServerResponse) => server.emit('request', request, response));
}

/** He sends his body once he is told to, with `writeContinue`; Node ends the connection of one who gets another answer. */
export const asksFirst = ({ httpVersion, headers }: IncomingMessage): boolean => httpVersion === '1.1' && headers.expect !== undefined;
