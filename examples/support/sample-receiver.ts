import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Verified, verify } from '../receivers/verify.js';

/** What is done about one webhook. */
export interface Answer {
  /** HTTP status; null: the connection is closed without an answer. */
  status: number | null;
  /** Waited for before that. */
  delayMs?: number;
  /** The header Retry-After. */
  retryAfter?: string | null;
}

/** One webhook as it arrived. */
export interface Delivery {
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** Null: no secret is known to verify it with. */
  verified: Verified | null;
  answer: Answer;
}

export interface SampleReceiver {
  url: string;
  stop(): Promise<void>;
}

export interface SampleReceiverOptions {
  port: number;
  /** Null: everything is taken, verified or not. */
  secret: string | null;
  /** For the nth webhook that is not refused, counting from 1. */
  answer(nth: number): Answer;
  onDelivery(delivery: Delivery): void;
  /** Documents it serves on GET, by path. */
  documents?: Record<string, Buffer>;
}

/** What a client of an agent API runs: a web server that takes webhooks at any path and checks who sent them. */
export async function startSampleReceiver(options: SampleReceiverOptions): Promise<SampleReceiver> {
  let count = 0;
  const server = createServer(async (request, response) => {
    if (request.method !== 'POST') {
      const document = options.documents?.[request.url ?? ''];
      response.writeHead(document ? 200 : 404).end(document);
      return;
    }
    const body = await readBody(request);
    if (body === null) return;
    const verified = options.secret === null ? null : verify([options.secret], request.headers, body);
    // refused without an effect: whoever sent it does not know the secret
    const refused = verified !== null && !(verified.simple && verified.standard);
    const answer = refused ? { status: 401 } : options.answer(++count);
    options.onDelivery({ headers: request.headers, body, verified, answer });
    await give(answer, response);
  });
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => stop(server) };
}

async function give({ status, delayMs = 0, retryAfter = null }: Answer, response: ServerResponse): Promise<void> {
  if (delayMs > 0) await delay(delayMs, undefined, { ref: false });
  if (status === null) response.destroy();
  else response.writeHead(status, retryAfter === null ? {} : { 'retry-after': retryAfter }).end();
}

/** Null: whoever sent it hung up in the middle, as a service does that is killed while it sends. It comes again. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  } catch {
    return null;
  }
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
