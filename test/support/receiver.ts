import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from '@jest/globals';

/** One request as it came over the wire. */
export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  /** The raw bytes. */
  body: Buffer;
}

/** How one request is answered: a status, or anything at all. */
export type Answer = number | ((request: Received, response: ServerResponse) => void);

const listening = new Set<Receiver>();

/** A test that fails half-way does not keep the run from ending. */
afterAll(async () => {
  await Promise.all([...listening].map((receiver) => receiver.stop()));
});

/** A web server on loopback that does as it is told, answer by answer, and remembers everything. */
export class Receiver {
  readonly received: Received[] = [];
  private readonly waiting: { count: number; resolve(): void }[] = [];
  private readonly server = createServer((request, response) => void this.answer(request, response));

  /** @param script answers in turn; the last one goes on for ever */
  private constructor(private script: Answer[]) {}

  static start(...script: Answer[]): Promise<Receiver> {
    return Receiver.at('127.0.0.1', ...script);
  }

  /** On another address of this machine. */
  static async at(host: string, ...script: Answer[]): Promise<Receiver> {
    const receiver = new Receiver(script);
    await new Promise<void>((resolve) => receiver.server.listen(0, host, resolve));
    listening.add(receiver);
    return receiver;
  }

  url(path = '/hook'): string {
    const { address, port } = this.server.address() as AddressInfo;
    return `http://${address}:${port}${path}`;
  }

  /** From now on. */
  answerWith(...script: Answer[]): void {
    this.script = script;
  }

  /** Resolves with all requests as soon as there are `count`. */
  async requests(count: number): Promise<Received[]> {
    if (this.received.length < count) await new Promise<void>((resolve) => this.waiting.push({ count, resolve }));
    return this.received;
  }

  async stop(): Promise<void> {
    if (!listening.delete(this)) return;
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const received = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) };
    this.received.push(received);
    const answer = this.script.length > 1 ? this.script.shift()! : (this.script[0] ?? 200);
    if (typeof answer === 'number') response.writeHead(answer).end(`answered ${answer}`);
    else answer(received, response);
    for (const { count, resolve } of this.waiting) if (this.received.length >= count) resolve();
  }
}
