import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';
import { atEnd } from './cleanup.js';
import { SECRET } from './endpoints.js';
import { API_KEY } from './service.js';

/** What has not come back by then is a fault, not a figure. */
const LATEST_MS = 15_000;

/** A client of the API as users write one: it submits tasks and is called back at a port of its own. */
export class Caller {
  private readonly pool: Pool;
  private readonly awaited = new Map<string, (atMs: number) => void>();
  private sent = 0;

  private constructor(
    serviceUrl: string,
    private readonly webhookUrl: string,
  ) {
    this.pool = new Pool(serviceUrl, { allowH2: false });
  }

  static async start(serviceUrl: string): Promise<Caller> {
    const server = createServer((request, response) => {
      request.resume().once('end', () => {
        caller.calledBack(new URL(request.url!, 'http://any').searchParams.get('n') ?? '', performance.now());
        response.end('ok');
      });
    });
    server.keepAliveTimeout = 60_000; // whoever sends closes first
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const caller = new Caller(serviceUrl, `http://127.0.0.1:${(server.address() as AddressInfo).port}/called-back`);
    atEnd(async () => {
      server.closeAllConnections();
      server.close();
      await caller.pool.destroy();
    });
    return caller;
  }

  /** Submits one echo task and waits for its webhook: ms from the request to the last byte of the webhook. */
  async roundTrip(): Promise<number> {
    const n = String(++this.sent);
    const calledBack = this.callback(n);
    const sentAt = performance.now();
    await this.submit(n);
    return (await calledBack) - sentAt;
  }

  private async submit(n: string): Promise<void> {
    const { statusCode, body } = await this.pool.request({
      path: '/agent/echo',
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${API_KEY}`, 'idempotency-key': `bench-${n}` },
      body: echoTask(`${this.webhookUrl}?n=${n}`),
    });
    const answer = await body.text();
    if (statusCode !== 202) throw new Error(`A submit was answered with ${statusCode}: ${answer}`);
  }

  private callback(n: string): Promise<number> {
    const called = new Promise<number>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`No webhook came within ${LATEST_MS / 1_000} s.`)), LATEST_MS);
      this.awaited.set(n, (atMs) => {
        clearTimeout(late);
        resolve(atMs);
      });
    });
    called.catch(() => {}); // a submit that is refused is told first
    return called;
  }

  private calledBack(n: string, atMs: number): void {
    this.awaited.get(n)?.(atMs);
    this.awaited.delete(n);
  }
}

/** What a caller sends: the shape of the examples, half a kilobyte of payload. */
export const echoTask = (webhookUrl: string) =>
  JSON.stringify({ payload: { text: 'x'.repeat(500) }, webhook_url: webhookUrl, webhook_secret: SECRET });
