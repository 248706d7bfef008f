import { describe, expect, it } from '@jest/globals';
import type { Result, Sql } from '../../src/platform/database/sql.js';
import { Activity, quantileMs } from '../../src/platform/metrics/activity.js';

/** What is added, and whether the database is there to take it. */
function table() {
  const added: unknown[][] = [];
  const here = { is: true };
  const sql: Sql = {
    query<Row>(_: unknown, values: unknown[] = []): Promise<Result<Row>> {
      if (!here.is) return Promise.reject(new Error('The database is away.'));
      const [what, bucket, n] = values as [string[], number[], number[]];
      added.push(...what.map((name, i) => [name, bucket[i], n[i]]));
      return Promise.resolve({ rows: [], count: 0 });
    },
  };
  return { activity: new Activity(sql), added, here };
}

/** Of many observations, the quantile that the buckets give. */
async function estimate(values: number[], fraction: number): Promise<number> {
  const { activity, added } = table();
  for (const value of values) activity.observe('lag', value);
  await activity.flush();
  return quantileMs(new Map(added.map(([, bucket, n]) => [bucket as number, n as number])), fraction)!;
}

describe('Activity', () => {
  it('adds up what was counted, once', async () => {
    const { activity, added } = table();
    activity.count('a');
    activity.count('a', 4);
    activity.count('b');
    await activity.flush();
    await activity.flush();
    expect(added).toEqual([
      ['a', 0, 5],
      ['b', 0, 1],
    ]);
  });

  it('keeps what could not be added for the next time', async () => {
    const { activity, added, here } = table();
    activity.count('a', 2);
    here.is = false;
    const failing = activity.flush();
    activity.count('a', 3); // meanwhile
    await expect(failing).rejects.toThrow('away');
    here.is = true;
    await activity.flush();
    expect(added).toEqual([['a', 0, 5]]);
  });

  it.each([0.5, 0.95, 0.99])('tells the quantile %d within a tenth or so, from milliseconds to days', async (fraction) => {
    for (const scale of [10, 1_000, 3_600_000]) {
      const values = Array.from({ length: 2_000 }, (_, n) => scale * (1 + n / 100));
      const exact = values[Math.floor(fraction * values.length)]!;
      expect(Math.abs((await estimate(values, fraction)) / exact - 1)).toBeLessThan(0.1);
    }
  });

  it.each([0, 0.4, 1, 1.2, 604_800_000])('puts %d ms where it belongs', async (ms) => {
    const told = await estimate([ms], 1);
    expect(told).toBeGreaterThanOrEqual(ms - 1e-6 * ms);
    expect(told).toBeLessThanOrEqual(Math.max(1, ms * 1.15 + 1e-6 * ms));
  });

  it('has no quantile of nothing', () => {
    expect(quantileMs(new Map(), 0.5)).toBeNull();
  });
});
