import { describe, expect, it } from '@jest/globals';
import { summarize, summaryTable } from '../../bench/support/all.js';
import { openLoop } from '../../bench/support/open-loop.js';
import { readOptions } from '../../bench/support/options.js';
import { compare } from '../../bench/support/report.js';
import { alternate, median, quantile } from '../../bench/support/statistics.js';

describe('quantile', () => {
  it('is the smallest value that so many of all values do not exceed', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect([0.5, 0.99, 1].map((share) => quantile(hundred, share))).toEqual([50, 99, 100]);
    expect(quantile([7], 0.99)).toBe(7);
    expect(() => quantile([], 0.5)).toThrow('nothing to take a quantile of');
  });

  it('leaves the median of an even number of values between the two in the middle', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });
});

describe('alternate', () => {
  it('lets each side go first in every other round, and does not count the round that warms up', async () => {
    const calls: string[] = [];
    const side = (name: string) => async (round: number) => {
      calls.push(`${name}${round}`);
      return round;
    };
    const pairs = await alternate(2, side('ours'), side('bare'), () => {});
    expect(calls).toEqual(['ours0', 'bare0', 'bare1', 'ours1', 'ours2', 'bare2']);
    expect(pairs).toEqual([
      { ours: 1, baseline: 1 },
      { ours: 2, baseline: 2 },
    ]);
  });
});

describe('openLoop', () => {
  it('starts the next one without waiting for the one before, and tells what failed at the end', async () => {
    const release: (() => void)[] = [];
    const all = openLoop(3, 1, () => new Promise<number>((resolve) => release.push(() => resolve(release.length))));
    while (release.length < 3) await new Promise(setImmediate);
    for (const each of release) each();
    expect(await all).toEqual([3, 3, 3]);
    await expect(openLoop(2, 0, () => Promise.reject(new Error('no answer')))).rejects.toThrow('no answer');
  });
});

describe('compare', () => {
  const pairs = [
    { ours: 30, baseline: 10 },
    { ours: 10, baseline: 10 },
    { ours: 20, baseline: 10 },
  ];

  it("takes the median of each pair's own ratio, and shows the lowest, the highest and every pair", () => {
    expect(compare('x', 'ms', pairs, { atMost: 2 })).toMatchObject({
      value: 20,
      baseline: 10,
      ratio: 2,
      bar: '<= 2',
      pass: true,
      samples: 3,
      spread: [1, 3],
      pairs,
    });
  });

  it('misses a bar on either side, and passes without one', () => {
    expect(compare('x', 'ms', pairs, { atMost: 1.9 }).pass).toBe(false);
    expect(compare('x', 'ms', pairs, { atLeast: 2.1 }).pass).toBe(false);
    expect(compare('x', 'ms', pairs, {})).toMatchObject({ bar: null, pass: true });
  });
});

describe('all scenarios together', () => {
  const good = { ...compare('good', 'ms', [{ ours: 1, baseline: 2 }], { atMost: 1 }), lines: ['good'] };
  const reported = { ...compare('reported', 'rows/s', [{ ours: 1, baseline: 2 }], {}), lines: [] };
  const circumstances = { quick: true, system: { memory: '8 GB' }, growth: [] };
  const broken = { scenario: 'broken', error: 'No Postgres.\n  at somewhere' };

  it('count the bars that were met; what could not be measured meets none', () => {
    expect(summarize([good, reported], circumstances)).toMatchObject({
      scenario: 'all',
      value: 1,
      baseline: 1,
      ratio: 1,
      pass: true,
      samples: 2,
      ...circumstances,
    });
    expect(summarize([good, reported, broken], circumstances)).toMatchObject({
      value: 1,
      baseline: 2,
      ratio: 0.5,
      pass: false,
      results: [good, reported, broken],
    });
  });

  it('make a table with a line each', () => {
    expect(summaryTable([good, reported, broken]).slice(2, 5)).toEqual([
      '| good | 1 ms | 2 | 0.5 (0.5 to 0.5) | <= 1 | met |',
      '| reported | 1 rows/s | 2 | 0.5 (0.5 to 0.5) | none | reported |',
      '| broken | not measured: No Postgres. | | | | FAILED |',
    ]);
  });
});

describe('options', () => {
  it('read numbers as people write them', () => {
    expect(readOptions(['history', '--rows', '2M', '--rounds', '20k', '--json'])).toMatchObject({
      scenario: 'history',
      options: { rows: 2_000_000, rounds: 20_000, json: true, quick: false },
    });
    expect(() => readOptions(['history', '--rows', 'many'])).toThrow('--rows is a whole number such as 500, 20k or 2M, not "many".');
  });
});
