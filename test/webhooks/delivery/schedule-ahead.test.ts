import { describe, expect, it } from '@jest/globals';
import { defaultRetryPolicy, retryDelayMs } from '../../../src/webhooks/delivery/retry-schedule.js';
import { scheduleAhead } from '../../../src/webhooks/delivery/schedule-ahead.js';

const NOW = Date.parse('2026-05-14T10:00:00Z');
const MINUTE = 60_000;

const minutes = (row: Partial<Parameters<typeof scheduleAhead>[0]>, policy = defaultRetryPolicy) =>
  scheduleAhead({ attemptsCharged: 0, maxAttempts: 11, nextAttemptAt: new Date(NOW), ...row }, policy, NOW).map(
    ({ attempt_charged, not_before }) => [attempt_charged, (not_before.getTime() - NOW) / MINUTE],
  );

describe('scheduleAhead', () => {
  it('is the whole schedule for a row that is due for the first time', () => {
    expect(minutes({})).toEqual([
      [1, 0],
      [2, 0],
      [3, 1],
      [4, 3],
      [5, 7],
      [6, 15],
      [7, 31],
      [8, 63],
      [9, 127],
      [10, 255],
      [11, 511],
    ]);
  });

  it('begins with the next try, and goes on where the row stands', () => {
    expect(minutes({ attemptsCharged: 8, nextAttemptAt: new Date(NOW + 5 * MINUTE) })).toEqual([
      [9, 5],
      [10, 133],
      [11, 389],
    ]);
  });

  it('leaves out the try that is under way', () => {
    expect(minutes({ attemptsCharged: 8, nextAttemptAt: null })).toEqual([
      [10, 128],
      [11, 384],
    ]);
  });

  it('is empty behind the last one', () => {
    expect(minutes({ attemptsCharged: 11 })).toEqual([]);
    expect(minutes({ attemptsCharged: 10, nextAttemptAt: null })).toEqual([]);
  });

  it('is what the schedule itself says without chance, for any policy', () => {
    const policy = { ...defaultRetryPolicy, immediate: false, baseMs: MINUTE, factor: 3 };
    const planned = minutes({ maxAttempts: 4 }, policy);
    for (let n = 1; n < planned.length; n += 1) expect(planned[n]![1]! - planned[n - 1]![1]!).toBe(retryDelayMs(policy, n, 0) / MINUTE);
  });
});
