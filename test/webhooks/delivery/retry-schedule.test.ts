import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  backoffUnchargedMs,
  defaultRetryPolicy,
  describeSchedule,
  maxAttempts,
  type RetryPolicy,
  retryDelayMs,
} from '../../../src/webhooks/delivery/retry-schedule.js';

const minute = 60_000;
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const policy: fc.Arbitrary<RetryPolicy> = fc.record({
  baseMs: fc.integer({ min: 0, max: 3_600_000 }),
  factor: fc.double({ min: 1, max: 10, noNaN: true }),
  capMs: fc.integer({ min: 1, max: 7 * 86_400_000 }),
  maxRetries: fc.integer({ min: 0, max: 50 }),
  immediate: fc.boolean(),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
});
const retryNumber = fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }));

describe('the default schedule', () => {
  it('retries after 0, 1, 2, 4, 8, 16, 32, 64, 128 and 256 minutes, eleven attempts in all', () => {
    expect(describeSchedule(defaultRetryPolicy).map((ms) => ms / minute)).toEqual([0, 1, 2, 4, 8, 16, 32, 64, 128, 256]);
    expect(maxAttempts(defaultRetryPolicy)).toBe(11);
  });

  it('adds up to 2 s to the immediate retry and up to 10 % to the others', () => {
    const almostOne = 1 - Number.EPSILON;
    expect(retryDelayMs(defaultRetryPolicy, 1, 0)).toBe(0);
    expect(retryDelayMs(defaultRetryPolicy, 1, almostOne)).toBe(1_999);
    expect(retryDelayMs(defaultRetryPolicy, 2, 0)).toBe(minute);
    expect(retryDelayMs(defaultRetryPolicy, 2, 0.5)).toBe(minute + 3_000);
    expect(retryDelayMs(defaultRetryPolicy, 10, almostOne)).toBe(256 * minute + 25.6 * minute - 1);
  });

  it('stays at six hours beyond its last retry', () => {
    expect(retryDelayMs(defaultRetryPolicy, 11, 0)).toBe(360 * minute);
    expect(retryDelayMs(defaultRetryPolicy, 5_000, 0)).toBe(360 * minute);
  });
});

describe('any schedule', () => {
  it('starts with the base and grows by the factor when the first retry is not immediate', () => {
    const compressed = { ...defaultRetryPolicy, immediate: false, baseMs: 100, factor: 3, capMs: 2_000, maxRetries: 5 };
    expect(describeSchedule(compressed)).toEqual([100, 300, 900, 2_000, 2_000]);
  });

  it('has no entries without retries, and no chance without jitter', () => {
    expect(describeSchedule({ ...defaultRetryPolicy, maxRetries: 0 })).toEqual([]);
    expect(maxAttempts({ ...defaultRetryPolicy, maxRetries: 0 })).toBe(1);
    expect(retryDelayMs({ ...defaultRetryPolicy, jitter: 0 }, 1, 0.99)).toBe(0);
    expect(retryDelayMs({ ...defaultRetryPolicy, jitter: 0 }, 3, 0.99)).toBe(2 * minute);
  });

  it('never waits when the base is 0, however far the retries go', () => {
    expect(retryDelayMs({ ...defaultRetryPolicy, baseMs: 0 }, 5_000, 0.9)).toBe(0);
  });

  it('keeps a compressed schedule compressed: the immediate retry waits no longer than the base', () => {
    expect(retryDelayMs({ ...defaultRetryPolicy, baseMs: 50 }, 1, 0.9)).toBe(45);
  });

  it('gives whole, finite ms, never less than the plain schedule and never more than its jitter above', () => {
    fc.assert(
      fc.property(policy, retryNumber, random, (any, n, chance) => {
        const plain = retryDelayMs(any, n, 0);
        const delay = retryDelayMs(any, n, chance);
        expect(Number.isSafeInteger(delay)).toBe(true);
        expect(plain).toBeGreaterThanOrEqual(0);
        expect(plain).toBeLessThanOrEqual(any.capMs);
        expect(delay).toBeGreaterThanOrEqual(plain);
        expect(delay).toBeLessThanOrEqual(any.immediate && n === 1 ? 2_000 : plain * (1 + any.jitter));
      }),
    );
  });

  it('never shortens from one retry to the next, jitter aside', () => {
    fc.assert(
      fc.property(policy, fc.integer({ min: 1, max: 200 }), (any, n) => {
        expect(retryDelayMs(any, n + 1, 0)).toBeGreaterThanOrEqual(retryDelayMs(any, n, 0));
      }),
    );
  });

  it('describes as many delays as there are retries, each the one without chance', () => {
    fc.assert(
      fc.property(policy, (any) => {
        expect(describeSchedule(any)).toEqual(Array.from({ length: any.maxRetries }, (_, index) => retryDelayMs(any, index + 1, 0)));
      }),
    );
  });
});

describe('backoffUnchargedMs', () => {
  it('is 5 s doubling to 5 min', () => {
    const seconds = [1, 2, 3, 4, 5, 6, 7, 8, 1_000].map((n) => backoffUnchargedMs(n, 0) / 1_000);
    expect(seconds).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300]);
  });

  it('adds at most 10 % and stays finite', () => {
    fc.assert(
      fc.property(retryNumber, random, (n, chance) => {
        const delay = backoffUnchargedMs(n, chance);
        expect(Number.isSafeInteger(delay)).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(backoffUnchargedMs(n, 0));
        expect(delay).toBeLessThanOrEqual(backoffUnchargedMs(n, 0) * 1.1);
      }),
    );
  });
});
