import type { ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyServerOptions } from 'fastify';
import type { Config } from '../../config/config.js';
import { newId } from '../ids.js';
import { problemBody } from './problem.filter.js';
import { Problem } from './problem.js';

type Headers = Readonly<Record<string, string>>;

/** How often Node looks for connections whose headers or request take too long, at most: late by no more than a tenth of the limit. */
const CHECKS_PER_LIMIT = 10;

/** The limits of the server itself, which hold before there is a request: slow senders, endless headers, too many connections. */
export function serverOptions({ http }: Config, headers: Headers): FastifyServerOptions & { http: ServerOptions } {
  return {
    bodyLimit: http.bodyMaxBytes,
    requestTimeout: http.requestTimeoutMs,
    connectionTimeout: 60_000,
    keepAliveTimeout: 72_000, // longer than the usual load balancer's, so that it is never ours that closes first
    return503OnClosing: false, // the door says it, as a problem
    routerOptions: { maxParamLength: 256 },
    trustProxy: http.trustedProxies.length > 0 ? [...http.trustedProxies] : false,
    genReqId: newId,
    requestIdHeader: false, // an id that a caller makes up could name any line of the audit log
    http: {
      headersTimeout: http.headersTimeoutMs,
      connectionsCheckingInterval: Math.ceil(Math.min(http.headersTimeoutMs, http.requestTimeoutMs) / CHECKS_PER_LIMIT),
      maxHeaderSize: 16_384,
      requireHostHeader: false, // the door says it, as a problem
    },
    clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket as Socket, headers),
  };
}

/** What Node's parser refuses never becomes a request; it is answered on the bare socket. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket, headers: Headers): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = describe(error.code);
  const body = JSON.stringify(problemBody(problem));
  const lines = Object.entries({
    ...headers,
    'content-type': 'application/problem+json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${problem.status} ${(problemBody(problem) as { title: string }).title}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  // who does not read his answer is not waited for
  socket.setTimeout(1_000, () => socket.destroy());
}

function describe(code: string | undefined): Problem {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem(408, 'request_timeout', 'The request took too long to arrive.');
    case 'HPE_HEADER_OVERFLOW':
      return new Problem(431, 'headers_too_large', 'The headers of the request are larger than 16 KB.');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Problem(413, 'body_too_large', 'The request body is larger than this service accepts.');
    default:
      return new Problem(400, 'bad_request', 'The request cannot be understood.');
  }
}
