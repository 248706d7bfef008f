import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Ledger, Received } from '../ledger.js';
import { Random } from '../support/random.js';
import { now } from '../support/time.js';
import { healthy, RECEIVER_NAMES, type Reaction, type ReceiverName, TEMPERS } from './tempers.js';

/** Receivers of webhooks, one port each. Every request is written down as it came, with what it was told. */
export class Fleet {
  private readonly servers = new Map<ReceiverName, Server>();
  private readonly seen = new Map<string, number>();
  private well = false;

  private constructor(
    private readonly seed: number,
    private readonly ledger: Ledger,
  ) {}

  static async start(seed: number, ledger: Ledger): Promise<Fleet> {
    const fleet = new Fleet(seed, ledger);
    await Promise.all(RECEIVER_NAMES.map((name) => fleet.open(name)));
    return fleet;
  }

  url(receiver: ReceiverName, path: string): string {
    return `http://127.0.0.1:${(this.servers.get(receiver)!.address() as AddressInfo).port}${path}`;
  }

  /** From now on all of them answer 200 at once. */
  heal(): void {
    this.well = true;
  }

  close(): void {
    for (const server of this.servers.values()) {
      server.closeAllConnections();
      server.close();
    }
  }

  private async open(name: ReceiverName): Promise<void> {
    const server = createServer((request, response) => void this.take(name, request, response).catch(() => {}));
    server.keepAliveTimeout = 60_000; // whoever sends closes first
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.servers.set(name, server);
  }

  private async take(receiver: ReceiverName, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const received: Received = {
      at: now(),
      receiver,
      path: request.url ?? '',
      headers: request.headers as Record<string, string>,
      body: null,
      answer: null,
      answeredAt: null,
    };
    this.ledger.received.push(received);
    const reaction = this.reactionTo(received);
    const reads = reaction.kind !== 'answer-unread' && !(reaction.kind === 'reset' && reaction.when === 'unread');
    if (reads) received.body = await bodyOf(request);
    else request.resume();
    if (received.body === null && reads)
      received.answer = 'gone'; // whoever sent it hung up in the middle
    else await this.react(reaction, received, response);
  }

  /** By the webhook and how often it came here, so that neither order nor pace changes what becomes of it. */
  private reactionTo({ receiver, path, headers }: Received): Reaction {
    if (this.well) return healthy;
    const which = `${receiver} ${new URL(path, 'http://any').searchParams.get('n') ?? headers['webhook-id']}`;
    const times = (this.seen.get(which) ?? 0) + 1;
    this.seen.set(which, times);
    return TEMPERS[receiver](new Random(this.seed, `${which} ${times}`), times);
  }

  private async react(reaction: Reaction, received: Received, response: ServerResponse): Promise<void> {
    switch (reaction.kind) {
      case 'answer':
        if (reaction.afterMs > 0) await new Promise((resolve) => setTimeout(resolve, reaction.afterMs));
        note(received, reaction.status);
        response.writeHead(reaction.status, reaction.headers).end(reaction.status === 204 ? undefined : `answered ${reaction.status}`);
        break;
      case 'answer-unread':
        note(received, reaction.status);
        response.writeHead(reaction.status, { connection: 'close' }).end('not read');
        break;
      case 'answer-and-break':
        note(received, reaction.status);
        response.writeHead(reaction.status, { 'content-length': '100' });
        response.write('half', () => response.destroy());
        break;
      case 'reset':
        note(received, 'reset');
        response.socket?.resetAndDestroy();
        break;
      case 'silence':
        note(received, 'silence');
        break;
      default:
        throw new Error(`A receiver cannot react with ${reaction satisfies never}.`);
    }
  }
}

function note(received: Received, answer: Received['answer']): void {
  received.answer = answer;
  received.answeredAt = now();
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  } catch {
    return null;
  }
}
