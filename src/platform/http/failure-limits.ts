import ipaddr from 'ipaddr.js';

export interface FailureLimitOptions {
  /** Failures that an address has at once. */
  burst: number;
  /** After so many ms it has another one. */
  refillMs: number;
}

const PRUNE_AT = 10_000;

/**
 * How often an address may fail. A try is counted when it begins, so that many at once are no way around, and uncounted when it succeeds. An IPv6
 * address counts as its network of 64 bits: whoever has one address of it has them all.
 */
export class FailureLimits {
  /** When nothing will be held against the address any more, in ms. */
  private readonly clearAt = new Map<string, number>();

  constructor(private readonly options: FailureLimitOptions) {}

  /** Null when it may try, else the seconds to wait. @param now ms on a clock that never jumps */
  begin(address: string, now: number): number | null {
    const { burst, refillMs } = this.options;
    const network = networkOf(address);
    const held = Math.max(0, (this.clearAt.get(network) ?? 0) - now);
    const missing = held + refillMs - burst * refillMs;
    if (missing > 0) return Math.max(1, Math.ceil(missing / 1_000));
    this.prune(now);
    this.clearAt.set(network, now + held + refillMs);
    return null;
  }

  succeeded(address: string): void {
    const network = networkOf(address);
    const clearAt = this.clearAt.get(network);
    if (clearAt !== undefined) this.clearAt.set(network, clearAt - this.options.refillMs);
  }

  private prune(now: number): void {
    if (this.clearAt.size < PRUNE_AT) return;
    for (const [network, clearAt] of this.clearAt) if (clearAt <= now) this.clearAt.delete(network);
    // so many at a time is a flood; that it forgets the oldest costs it nothing but what it has of them
    if (this.clearAt.size >= PRUNE_AT) this.clearAt.delete(this.clearAt.keys().next().value!);
  }
}

function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address); // an IPv4 address in the clothes of IPv6 is the IPv4 address
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(':') : parsed.toString();
}
