import { isDatabaseTrouble } from '../../platform/database/database-trouble.js';
import type { Finish } from './finish-attempts.js';

export interface FinishBatcherOptions {
  /** Writes a batch; may be called again with the same one after an outage, which the fence makes harmless. */
  write(batch: readonly Finish[]): Promise<unknown>;
  /** A finish that cannot be written, whatever it is paired with, or not in time: its lease runs out, and the row comes back. */
  onLost(finish: Finish, error: unknown): void;
  /** Waits between two tries during an outage. False: there is no time for another one. */
  wait(ms: number): Promise<boolean>;
  /** Finishes wait so long for company, in ms. */
  lingerMs: number;
  maxBatch: number;
}

/** Collects attempts that end at about the same time and writes them with one commit. */
export class FinishBatcher {
  private waiting: { finish: Finish; done: () => void }[] = [];
  private timer: NodeJS.Timeout | null = null;
  private writing = false;

  constructor(private readonly options: FinishBatcherOptions) {}

  /** Resolves once the finish is committed, or given up. */
  add(finish: Finish): Promise<void> {
    return new Promise((done) => {
      this.waiting.push({ finish, done });
      if (this.waiting.length >= this.options.maxBatch) this.flush();
      else this.timer ??= setTimeout(() => this.flush(), this.options.lingerMs);
    });
  }

  /** One batch at a time: two of them would mostly wait for each other at the endpoints they share. */
  private flush(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (this.writing || this.waiting.length === 0) return;
    this.writing = true;
    const batch = this.waiting.splice(0, this.options.maxBatch);
    void this.write(batch.map(({ finish }) => finish)).finally(() => {
      for (const { done } of batch) done();
      this.writing = false;
      this.flush(); // what came meanwhile has waited long enough
    });
  }

  /** Halves a batch that the database refuses, until the one row it will not take stands alone. Of an outage no row is to blame. */
  private async write(batch: readonly Finish[]): Promise<void> {
    try {
      await this.throughOutages(batch);
    } catch (error) {
      if (batch.length === 1 || isDatabaseTrouble(error)) return this.lose(batch, error);
      const half = Math.ceil(batch.length / 2);
      await this.write(batch.slice(0, half));
      await this.write(batch.slice(half));
    }
  }

  private lose(batch: readonly Finish[], error: unknown): void {
    for (const finish of batch) this.options.onLost(finish, error);
  }

  private async throughOutages(batch: readonly Finish[]): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      try {
        await this.options.write(batch);
        return;
      } catch (error) {
        if (!isDatabaseTrouble(error) || tries >= MAX_TRIES) throw error;
        if (!(await this.options.wait(Math.min(2_000, 50 * 2 ** tries)))) throw error;
      }
    }
  }
}

/** About a minute. What stands in the way may be one row that somebody keeps locked, and the finishes of all others wait behind it. */
const MAX_TRIES = 30;
