import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { KeyLimits } from '../../../src/platform/http/key-limits.js';

const limits = (more = {}) => new KeyLimits({ ratePerSecond: 10, burst: 3, maxInFlight: 100, ...more });

describe('the limits of a key', () => {
  it('let a burst through, then the rate, and say when to come back', () => {
    const one = limits();
    expect([1, 2, 3].map(() => one.enter('a', 0))).toMatchObject([{ remaining: 2 }, { remaining: 1 }, { remaining: 0 }]);
    expect(one.enter('a', 0)).toEqual({ kind: 'too_fast', resetSeconds: 1, retryAfterSeconds: 1 });
    expect(one.enter('a', 99)).toMatchObject({ kind: 'too_fast' });
    expect(one.enter('a', 100)).toMatchObject({ kind: 'admitted', remaining: 0 });
    expect(one.enter('a', 100)).toMatchObject({ kind: 'too_fast' });
    expect(one.enter('a', 10_000)).toMatchObject({ kind: 'admitted', remaining: 2 });
  });

  it('are apart for each key', () => {
    const one = limits({ burst: 1 });
    one.enter('a', 0);
    expect(one.enter('a', 0).kind).toBe('too_fast');
    expect(one.enter('b', 0).kind).toBe('admitted');
  });

  it('end what is under way at the same time, and count what was refused as nothing', () => {
    const one = limits({ burst: 10, maxInFlight: 2 });
    expect([1, 2, 3].map(() => one.enter('a', 0).kind)).toEqual(['admitted', 'admitted', 'too_many']);
    one.leave('a');
    expect(one.enter('a', 0)).toMatchObject({ kind: 'admitted', remaining: 7 });
  });

  it('never admit more than the burst and the rate allow, whatever the times', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }), (steps) => {
        const one = limits();
        let [now, admitted] = [0, 0];
        for (const step of steps) {
          now += step;
          if (one.enter('a', now).kind === 'admitted') admitted += 1;
        }
        expect(admitted).toBeLessThanOrEqual(3 + Math.floor(now / 100 + 1e-6));
      }),
    );
  });

  it('forget keys at rest instead of growing without end', () => {
    const one = limits();
    for (let key = 0; key < 30_000; key += 1) {
      one.enter(`key ${key}`, key * 1_000);
      one.leave(`key ${key}`);
    }
    expect((one as unknown as { usages: Map<string, unknown> }).usages.size).toBeLessThanOrEqual(10_001);
  });
});
