export interface AnswerCacheOptions<T> {
  readonly keepMs: (answer: T) => number;
  readonly maxEntries?: number;
  readonly now?: () => number;
}

interface Entry<T> {
  readonly answer: Promise<T>;
  /** Infinite while the question is open. */
  expiresAt: number;
}

/** A failure is remembered only long enough to answer a burst once. */
const keepFailureMs = 1_000;

/** Asks once for all who ask at the same time, and keeps answers for a short while. The oldest entry gives way to a new one. */
export class AnswerCache<T> {
  private readonly entries = new Map<string, Entry<T>>();
  private readonly now: () => number;
  private readonly maxEntries: number;

  constructor(private readonly options: AnswerCacheOptions<T>) {
    this.now = options.now ?? (() => performance.now());
    this.maxEntries = options.maxEntries ?? 10_000;
  }

  get(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.entries.get(key);
    if (known && known.expiresAt > this.now()) return known.answer;
    return this.ask(key, ask);
  }

  private ask(key: string, ask: () => Promise<T>): Promise<T> {
    const entry: Entry<T> = { answer: ask(), expiresAt: Number.POSITIVE_INFINITY };
    entry.answer.then(
      (answer) => this.expire(entry, this.options.keepMs(answer)),
      () => this.expire(entry, keepFailureMs),
    );
    this.entries.delete(key);
    this.entries.set(key, entry);
    if (this.entries.size > this.maxEntries) this.dropOldest();
    return entry.answer;
  }

  private expire(entry: Entry<T>, ms: number): void {
    entry.expiresAt = this.now() + ms;
  }

  private dropOldest(): void {
    const [oldest] = this.entries.keys();
    if (oldest !== undefined) this.entries.delete(oldest);
  }
}
