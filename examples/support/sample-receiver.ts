import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verifyWebhook } from './verify-webhook.js';

/** One webhook as it arrived. */
export interface Delivery {
  headers: IncomingHttpHeaders;
  body: Buffer;
  verified: { simple: boolean; standard: boolean };
  /** What it was answered with. */
  status: number;
}

export interface SampleReceiver {
  url: string;
  stop(): Promise<void>;
}

export interface SampleReceiverOptions {
  port: number;
  secret: string;
  /** HTTP status for the nth webhook, counting from 1. */
  answer(nth: number): number;
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
    const verified = verifyWebhook(options.secret, request.headers, body);
    // refused without an effect: whoever sent it does not know the secret
    const status = verified.simple && verified.standard ? options.answer(++count) : 401;
    response.writeHead(status).end();
    options.onDelivery({ headers: request.headers, body, verified, status });
  });
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => stop(server) };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
