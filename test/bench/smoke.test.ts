import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { packageRoot } from '../../src/platform/package-root.js';
import { databaseUrl, withClient } from '../support/postgres.js';

const bench = (...args: string[]) =>
  promisify(execFile)(process.execPath, [packageRoot('dist/bench/main.js'), ...args], {
    env: { ...process.env, DATABASE_URL: databaseUrl('postgres') },
  });

/** The whole bench in small: helper processes, the service with all roles, a caller, and what is printed. Its figures mean nothing. */
it('measures a scenario from end to end, prints one JSON object as the last line, and leaves no database behind', async () => {
  const { stdout } = await bench('roundtrip', '--quick', '--json');
  const result = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
  expect(Object.keys(result)).toEqual(
    expect.arrayContaining(['scenario', 'value', 'unit', 'baseline', 'ratio', 'bar', 'pass', 'samples', 'spread', 'machine']),
  );
  const { p50, p99 } = result.details;
  expect(result).toMatchObject({ scenario: 'roundtrip', value: p50.value, ratio: p50.ratio, pass: p50.pass && p99.pass, samples: 1 });
  expect(Math.min(p50.value, p50.baseline, p99.baseline)).toBeGreaterThan(0);
  expect(p99.value).toBeGreaterThanOrEqual(p50.value);
  const left = await withClient((client) => client.query("SELECT datname FROM pg_database WHERE datname LIKE 'postback_bench_roundtrip%'"));
  expect(left.rows).toEqual([]);
});

it('tells how to ask when it is asked for what it does not know', async () => {
  await expect(bench('nothing')).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('There is no scenario "nothing"') });
  await expect(bench('all', '--from', packageRoot('package.json'))).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('package.json does not end with what'),
  });
});
