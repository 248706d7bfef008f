/** When a webhook is tried again after tries that the receiver is to blame for. */
export interface RetryPolicy {
  /** The first waiting time, in ms. */
  baseMs: number;
  /** Each waiting time is this many times the one before; at least 1. */
  factor: number;
  /** No waiting time is longer, jitter aside, in ms. */
  capMs: number;
  /** Tries after the first. */
  maxRetries: number;
  /** The first retry follows at once. */
  immediate: boolean;
  /** Most that chance adds, as a fraction of the waiting time; 0 switches chance off. */
  jitter: number;
}

/** Retries after 0, 1, 2, 4, 8, 16, 32, 64, 128 and 256 minutes. */
export const defaultRetryPolicy: RetryPolicy = {
  baseMs: 60_000,
  factor: 2,
  capMs: 21_600_000,
  maxRetries: 10,
  immediate: true,
  jitter: 0.1,
};

/** Spreads the immediate retries of a receiver that has just failed many at once. */
const IMMEDIATE_SPREAD_MS = 2_000;
const UNCHARGED_BASE_MS = 5_000;
const UNCHARGED_CAP_MS = 300_000;
const UNCHARGED_JITTER = 0.1;

/**
 * Waiting time in whole ms from the end of one try to retry `retryNumber` (1 is the first), never less than the schedule says.
 * Total: also a retry number far beyond the policy gets a finite time.
 *
 * @param random chance, from 0 up to but not including 1
 */
export function retryDelayMs(policy: RetryPolicy, retryNumber: number, random: number): number {
  const delay = plainDelayMs(policy, retryNumber);
  return delay + Math.floor(random * spreadMs(policy, retryNumber, delay));
}

/** Tries in all: the first and its retries. A row is exhausted when as many were charged. */
export function maxAttempts(policy: RetryPolicy): number {
  return policy.maxRetries + 1;
}

/** The waiting time before each retry, in ms and without chance, for people to read. */
export function describeSchedule(policy: RetryPolicy): number[] {
  return Array.from({ length: policy.maxRetries }, (_, index) => plainDelayMs(policy, index + 1));
}

/**
 * Waiting time in whole ms after the `inRow`th try in a row (1 is the first) that was not the receiver's fault:
 * 5 s doubling to 5 min, plus 0 to 10 %.
 */
export function backoffUnchargedMs(inRow: number, random: number): number {
  const delay = cappedPower(UNCHARGED_BASE_MS, 2, inRow - 1, UNCHARGED_CAP_MS);
  return delay + Math.floor(random * delay * UNCHARGED_JITTER);
}

function plainDelayMs(policy: RetryPolicy, retryNumber: number): number {
  if (isImmediate(policy, retryNumber)) return 0;
  const exponent = policy.immediate ? retryNumber - 2 : retryNumber - 1;
  return cappedPower(policy.baseMs, policy.factor, exponent, policy.capMs);
}

function spreadMs(policy: RetryPolicy, retryNumber: number, delay: number): number {
  if (!isImmediate(policy, retryNumber)) return delay * policy.jitter;
  // A compressed schedule keeps its shape: the immediate retry never waits longer than the next one.
  return policy.jitter === 0 ? 0 : Math.min(IMMEDIATE_SPREAD_MS, policy.baseMs, policy.capMs);
}

function isImmediate(policy: RetryPolicy, retryNumber: number): boolean {
  return policy.immediate && retryNumber <= 1;
}

/** `base * factor^exponent`, at most `cap`; the power may be Infinity on the way, which times a base of 0 is NaN. */
function cappedPower(base: number, factor: number, exponent: number, cap: number): number {
  if (base === 0) return 0;
  return Math.round(Math.min(cap, base * factor ** Math.max(0, exponent)));
}
