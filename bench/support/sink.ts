import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerQuestions } from './helper.js';

/** How a port answers: 200 at once, 200 after so many ms, or never. */
export type Behaviour = 'answer' | 'silent' | { lateMs: number };

export interface Tally {
  /** Requests, duplicates included. */
  received: number;
  distinct: number;
  duplicates: number;
}

/** One webhook's first arrival: what names it, and when, in ms since 1970. */
export type Arrival = [key: string, atMs: number];

export type SinkQuestions = typeof questions;

/** First arrivals by what names the webhook: `?n=` of its URL when there is one, else its webhook-id. */
let arrivals = new Map<string, number>();
let duplicates = 0;
let goal: { count: number; reached: () => void } | null = null;
const unanswered = new Set<ServerResponse>();

const questions = {
  async listen({ ports, behaviour }: { ports: number; behaviour: Behaviour }): Promise<number[]> {
    return Promise.all(Array.from({ length: ports }, () => listen(behaviour)));
  },

  reset(_: null): void {
    arrivals = new Map();
    duplicates = 0;
    goal = null;
    // those who never answer hang up, so that nothing of one round reaches into the next
    for (const response of unanswered) response.destroy();
  },

  /** Whether so many distinct webhooks arrived in time. */
  reach({ count, withinMs }: { count: number; withinMs: number }): Promise<boolean> {
    if (arrivals.size >= count) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs, false);
      const reached = () => {
        clearTimeout(timer);
        resolve(true);
      };
      goal = { count, reached };
    });
  },

  tally(_: null): Tally {
    return { received: arrivals.size + duplicates, distinct: arrivals.size, duplicates };
  },

  arrivals(_: null): Arrival[] {
    return [...arrivals];
  },
};

async function listen(behaviour: Behaviour): Promise<number> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => respond(behaviour, request, response));
  });
  server.keepAliveTimeout = 60_000; // whoever sends closes first, and no request runs into a closing connection
  server.listen(0, '127.0.0.1', 1_024);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function respond(behaviour: Behaviour, request: IncomingMessage, response: ServerResponse): void {
  if (behaviour === 'answer') {
    count(request);
    response.end('ok');
    return;
  }
  unanswered.add(response);
  response.once('close', () => unanswered.delete(response));
  if (behaviour !== 'silent') setTimeout(() => response.end('ok'), behaviour.lateMs);
}

function count(request: IncomingMessage): void {
  const key = request.url?.split('?n=')[1] ?? String(request.headers['webhook-id']);
  if (arrivals.has(key)) {
    duplicates += 1;
    return;
  }
  arrivals.set(key, performance.timeOrigin + performance.now());
  if (arrivals.size >= (goal?.count ?? Number.POSITIVE_INFINITY)) {
    goal?.reached();
    goal = null;
  }
}

answerQuestions(questions);
