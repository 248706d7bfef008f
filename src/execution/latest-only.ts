/**
 * Hands values on, one at a time and not more often than told; of those that come in between, the latest. So a reader is never far
 * behind, and the last value always arrives.
 */
export class LatestOnly<T extends object> {
  private waiting: T | null = null;
  private writing: Promise<void> = Promise.resolve();
  private pause: NodeJS.Timeout | null = null;
  private resting = false;

  constructor(
    private readonly write: (value: T) => Promise<void>,
    private readonly everyMs: number,
  ) {}

  /** Resolves when the value is written, or at once when it has to wait. Rejects with what writing it throws. */
  async put(value: T): Promise<void> {
    this.waiting = value;
    if (!this.resting) await this.next();
  }

  /** Writes what waits, now. Resolves when all that was put before is written. */
  async flush(): Promise<void> {
    if (this.pause !== null) clearTimeout(this.pause);
    this.pause = null;
    await this.writing.catch(() => {});
    if (this.waiting !== null) await this.send();
    else await this.writing.catch(() => {}); // the end of the pause may have come first, and have begun to write it
  }

  private async next(): Promise<void> {
    this.resting = true;
    this.pause = setTimeout(() => void this.rested(), this.everyMs);
    await this.send();
  }

  /** A write that takes longer than the pause is waited for: two at once could arrive in the wrong order. */
  private async rested(): Promise<void> {
    this.pause = null;
    await this.writing.catch(() => {});
    this.resting = false;
    if (this.waiting !== null) await this.next().catch(() => {}); // whoever put it was told that it waits
  }

  private send(): Promise<void> {
    const value = this.waiting!;
    this.waiting = null;
    this.writing = this.write(value);
    return this.writing;
  }
}
