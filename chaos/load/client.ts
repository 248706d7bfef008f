import { setTimeout as delay } from 'node:timers/promises';
import type { Ledger, Told } from '../ledger.js';
import { now } from '../support/time.js';

const PATIENCE_MS = 10_000;
const PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 3_000;

export interface Asked {
  what: Told['what'];
  n: number | null;
  endpoint?: string | null;
  method: 'GET' | 'POST';
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** A client of the API behind a load balancer that does not look whether anybody is there. Everything it is told goes into the ledger. */
export class Client {
  private turn = 0;

  constructor(
    private readonly urls: readonly string[],
    private readonly key: string,
    private readonly ledger: Ledger,
  ) {}

  /** One call, one line in the ledger. */
  async ask({ what, n, endpoint = null, method, path, body, headers = {} }: Asked): Promise<Told> {
    const told: Told = { at: now(), answeredAt: 0, n, what, status: null, text: '', endpoint };
    const url = this.urls[this.turn++ % this.urls.length]!;
    try {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { authorization: `Bearer ${this.key}`, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      told.text = await response.text(); // an answer that breaks off is none
      told.status = response.status;
    } catch (error) {
      told.text = error instanceof Error ? `${error.name} ${(error.cause as { code?: string } | undefined)?.code ?? ''}` : String(error);
    }
    told.answeredAt = now();
    this.ledger.told.push(told);
    return told;
  }

  /** As a careful client does: again and again, until there is an answer that means something. */
  async insist(asked: Asked, until: () => boolean): Promise<Told> {
    for (let pauseMs = PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
      const told = await this.ask(asked);
      if ((told.status !== null && told.status < 500 && ![408, 429].includes(told.status)) || until()) return told;
      await delay(pauseMs);
    }
  }
}
