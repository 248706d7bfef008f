import type { EndpointLoad } from './count-in-flight.js';

/** How many rows one endpoint may hand out in this claim. */
export interface EndpointQuota {
  id: string;
  /** Names its (tenant, origin) pair. */
  originKey: string;
  quota: number;
  /** What bounded it. `slots`: this dispatcher has no free slot of the kind; asked again as soon as one is. */
  boundBy: 'slots' | 'in_flight' | 'rate' | 'slow_down' | 'blocked' | 'turn';
  /** For `rate` and `slow_down`: ms until it is worth asking again. */
  againInMs: number;
  /** Its answers take long, or nobody knows yet. */
  slow: boolean;
  /** It has a rate limit, so what it hands out must be counted. */
  limitedRate: boolean;
}

export interface QuotaLimits {
  /** Free send slots of this dispatcher, and how many of these a slow endpoint may take. */
  freeSlots: number;
  freeSlowSlots: number;
  /** Most rows from one endpoint in one claim, so that many take turns. */
  perTurn: number;
  /** Defaults of the service, over all dispatchers. */
  endpointMaxInFlight: number;
  originMaxInFlight: number;
}

/** An endpoint that answers within this time is quick. */
export const SLOW_MS = 1_000;

/**
 * Shares free slots out to endpoints in the order given. An endpoint that has never answered counts as slow until it has: a
 * thousand new black holes must not take the slots of those that are known to be quick.
 */
export function shareOut(loads: readonly EndpointLoad[], limits: QuotaLimits): EndpointQuota[] {
  let { freeSlots, freeSlowSlots } = limits;
  const originLeft = new Map<string, number>();
  // an equal part each: how many rows an endpoint has is not known yet, and what it cannot use is lost to this claim
  const part = Math.min(limits.perTurn, Math.ceil(freeSlots / loads.length));
  return loads.map((load) => {
    const originKey = `${load.tenant} ${load.origin}`;
    const left = originLeft.get(originKey) ?? limits.originMaxInFlight - load.originInFlight;
    const slow = (load.latencyMs ?? SLOW_MS) >= SLOW_MS;
    const bounds: [number, EndpointQuota['boundBy']][] = [
      [load.blocked ? 0 : Number.POSITIVE_INFINITY, 'blocked'],
      [load.slowForMs > 0 ? 0 : Number.POSITIVE_INFINITY, 'slow_down'],
      [load.rateAllows ?? Number.POSITIVE_INFINITY, 'rate'],
      [(load.halfOpen ? 1 : (load.maxInFlight ?? limits.endpointMaxInFlight)) - load.inFlight, 'in_flight'],
      [left, 'in_flight'],
      [slow ? Math.min(freeSlots, freeSlowSlots) : freeSlots, 'slots'],
      [part, 'turn'],
    ];
    const [bound, boundBy] = bounds.reduce((least, each) => (each[0] < least[0] ? each : least));
    const quota = Math.max(0, bound);
    originLeft.set(originKey, left - quota);
    freeSlots -= quota;
    if (slow) freeSlowSlots -= quota;
    const againInMs = boundBy === 'slow_down' ? load.slowForMs : boundBy === 'rate' ? load.rateForMs : 0;
    return { id: load.id, originKey, quota, boundBy, againInMs, slow, limitedRate: load.rateAllows !== null };
  });
}
