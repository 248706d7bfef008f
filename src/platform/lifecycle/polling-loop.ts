export interface PollingLoopOptions {
  name: string;
  /** Wait between two turns that found nothing, in ms. */
  intervalMs: number;
  /** One turn. `more`: there is work left, go on at once; `idle`: wait for the interval or a wake-up. */
  runOnce(): Promise<'more' | 'idle'>;
  /** A turn threw. The loop goes on, waiting longer after each failure in a row, up to ten seconds; `wake` does not shorten that. */
  onError(error: unknown): void;
}

const LONGEST_ERROR_WAIT_MS = 10_000;

/** The one loop of the service: everything that polls is a `runOnce` in here, and stops in the same way. */
export class PollingLoop {
  private stopping = false;
  private awake = false;
  private failures = 0;
  private backingOff = false;
  private interrupt: (() => void) | null = null;
  private running: Promise<void> | null = null;

  constructor(private readonly options: PollingLoopOptions) {}

  start(): void {
    this.running ??= this.loop();
  }

  /** Look now. While a turn is under way: take another one right after it. After a failure: once the wait for it is over. */
  wake(): void {
    this.awake = true;
    if (!this.backingOff) this.interrupt?.();
  }

  /** No new turn begins; resolves once the one under way has ended. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.interrupt?.();
    await this.running;
  }

  private async loop(): Promise<void> {
    while (!this.stopping) {
      this.awake = false;
      const next = await this.turn();
      if (next === 'idle' && !this.awake) await this.pause(this.options.intervalMs);
      if (next === 'failed') await this.backOff();
    }
  }

  private async turn(): Promise<'more' | 'idle' | 'failed'> {
    try {
      const next = await this.options.runOnce();
      this.failures = 0;
      return next;
    } catch (error) {
      this.failures += 1;
      this.options.onError(error);
      return 'failed';
    }
  }

  /** Who is woken often would otherwise hammer what has just failed. */
  private async backOff(): Promise<void> {
    this.backingOff = true;
    await this.pause(Math.min(LONGEST_ERROR_WAIT_MS, 100 * 2 ** this.failures));
    this.backingOff = false;
  }

  private pause(ms: number): Promise<void> {
    if (this.stopping) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      const loop = this;
      function done() {
        clearTimeout(timer);
        loop.interrupt = null;
        resolve();
      }
      this.interrupt = done;
    });
  }
}
