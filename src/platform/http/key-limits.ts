export interface KeyLimitOptions {
  /** Requests per second that one key may make in the long run. */
  ratePerSecond: number;
  /** Requests that it may make at once after a pause. */
  burst: number;
  /** Requests of one key under way at the same time. */
  maxInFlight: number;
}

/** `remaining`: requests left right now; `resetSeconds`: until all of the burst is there again; `retryAfterSeconds`: when to come back. */
export type Admission =
  | { kind: 'admitted'; remaining: number; resetSeconds: number }
  | { kind: 'too_fast'; resetSeconds: number; retryAfterSeconds: number }
  | { kind: 'too_many'; remaining: number; resetSeconds: number; retryAfterSeconds: number };

interface Usage {
  inFlight: number;
  /** When the bucket will be full again, in ms: all that the generic cell rate algorithm has to remember. */
  fullAt: number;
}

const PRUNE_AT = 10_000;

/** Rate and concurrency of each API key in this process. */
export class KeyLimits {
  private readonly usages = new Map<string, Usage>();
  private readonly msPerRequest: number;

  constructor(private readonly options: KeyLimitOptions) {
    this.msPerRequest = 1_000 / options.ratePerSecond;
  }

  /** Counts a request that begins, if it may; each that was admitted must `leave`. @param now ms on a clock that never jumps */
  enter(keyId: string, now: number): Admission {
    const usage = this.usageOf(keyId, now);
    const filling = Math.max(0, usage.fullAt - now);
    const missing = filling + this.msPerRequest - this.options.burst * this.msPerRequest;
    const resetSeconds = Math.ceil(filling / 1_000);
    if (missing > 1e-6) return { kind: 'too_fast', resetSeconds, retryAfterSeconds: Math.max(1, Math.ceil(missing / 1_000)) };
    const remaining = Math.max(0, Math.floor(this.options.burst - filling / this.msPerRequest - 1 + 1e-6));
    if (usage.inFlight >= this.options.maxInFlight) return { kind: 'too_many', remaining, resetSeconds, retryAfterSeconds: 1 };
    usage.inFlight += 1;
    usage.fullAt = now + filling + this.msPerRequest;
    return { kind: 'admitted', remaining, resetSeconds: Math.ceil((filling + this.msPerRequest) / 1_000) };
  }

  leave(keyId: string): void {
    const usage = this.usages.get(keyId);
    if (usage !== undefined) usage.inFlight -= 1;
  }

  private usageOf(keyId: string, now: number): Usage {
    const known = this.usages.get(keyId);
    if (known !== undefined) return known;
    if (this.usages.size >= PRUNE_AT) this.prune(now);
    const usage = { inFlight: 0, fullAt: now };
    this.usages.set(keyId, usage);
    return usage;
  }

  /** A key at rest with a full bucket is as good as one that was never seen. */
  private prune(now: number): void {
    for (const [id, { inFlight, fullAt }] of this.usages) if (inFlight === 0 && fullAt <= now) this.usages.delete(id);
  }
}
