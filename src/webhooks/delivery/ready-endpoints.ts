import { LRUCache } from 'lru-cache';

/** An endpoint never sent to counts as slow, and many are sent to once and never again. */
const MOST_KNOWN_SLOW = 10_000;

/**
 * Endpoints believed to have due rows, in the order of their turns, the slow ones in a line of their own so that quick ones
 * never stand behind them. Wrong beliefs cost a question, never a webhook.
 */
export class ReadyEndpoints {
  private readonly quickLine = new Set<string>();
  private readonly slowLine = new Set<string>();
  private readonly knownSlow = new LRUCache<string, true>({ max: MOST_KNOWN_SLOW });
  /** Waiting for a request of theirs, or of their origin, to end. */
  private readonly parked = new Map<string, Set<string>>();

  /** At the end of its line, unless it stands there already. */
  add(endpointId: string): void {
    (this.knownSlow.has(endpointId) ? this.slowLine : this.quickLine).add(endpointId);
  }

  /** What a claim has shown; takes effect from the next turn on. */
  remember(endpointId: string, { slow }: { slow: boolean }): void {
    if (slow) this.knownSlow.set(endpointId, true);
    else this.knownSlow.delete(endpointId);
  }

  /** Not before something ends at its origin. */
  park(endpointId: string, originKey: string): void {
    const waiting = this.parked.get(originKey) ?? new Set();
    this.parked.set(originKey, waiting.add(endpointId));
  }

  /** A request to this origin has ended. */
  unpark(originKey: string): void {
    for (const id of this.parked.get(originKey) ?? []) this.add(id);
    this.parked.delete(originKey);
  }

  /** The next ones in line, which leave it; slow ones only as many as `slow` allows. */
  take(count: number, slow: number): string[] {
    const taken = [...first(this.slowLine, Math.min(slow, count))];
    taken.push(...first(this.quickLine, count - taken.length));
    for (const id of taken) {
      this.quickLine.delete(id);
      this.slowLine.delete(id);
    }
    return taken;
  }

  /** Whether `take` would find anybody. */
  any(slow: number): boolean {
    return this.quickLine.size > 0 || (slow > 0 && this.slowLine.size > 0);
  }
}

function* first(line: Set<string>, count: number): Iterable<string> {
  if (count <= 0) return;
  for (const id of line) {
    yield id;
    if (--count === 0) return;
  }
}
