import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Directed, direct } from '../../chaos/direct.js';
import { DEFECTS, type Defect } from '../../chaos/inside/defects.js';

/** What each defect breaks, and how the checker must say so. */
const FOUND: Record<Defect, { promise: string; what: RegExp }> = {
  'no-lease-fence': { promise: 'G5', what: /is written down as answered with 500; the receiver answered 200/ },
  'no-run-fence': { promise: 'G5', what: /for the second time|it was the turn of run 1 after 1/ },
  'answers-before-commit': { promise: 'G1', what: /A 202 named task .*, which is not in the database/ },
  'sends-before-commit': { promise: 'G2', what: /written by two transactions/ },
  'loses-a-held-row': { promise: 'G3', what: /counts as delivered, and no receiver has accepted it/ },
};

const TIME_MS = 600_000; // seconds, on a machine that is not busy with something else

describe('a service with planted defects', () => {
  let directed: Directed;
  beforeAll(async () => {
    directed = await direct(DEFECTS, { defects: DEFECTS, logs: null }, () => {});
  }, TIME_MS);

  // all in one run, and each seen in the tasks of its own scene
  it.each(DEFECTS)('is found out: %s', (defect) => {
    const { promise, what } = FOUND[defect];
    const own = directed.submits.get(defect)!;
    const about = directed.outcome.violations.filter(({ n }) => n !== null && own.includes(n));
    expect(about.filter((violation) => violation.promise === promise && what.test(violation.what)).length).toBeGreaterThan(0);
  });
});

describe('the service as it is', () => {
  it(
    'keeps every promise in the same scenes',
    async () => {
      const { outcome } = await direct(DEFECTS, { defects: [], logs: null }, () => {});
      expect(outcome.violations).toEqual([]);
    },
    TIME_MS,
  );
});
