import { describe, expect, it } from '@jest/globals';
import { PassedOver } from '../../../src/webhooks/delivery/passed-over.js';

const times = (count: number, take: () => number | null) => Array.from({ length: count }, take);

describe('an endpoint that a claim left out', () => {
  it('is asked for again at once, and then less and less often', () => {
    const passedOver = new PassedOver(1_000);
    expect(times(10, () => passedOver.waitMs('a'))).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 1_000, 1_000]);
    expect(passedOver.waitMs('b')).toBe(5);
  });

  it('begins anew once a claim had it', () => {
    const passedOver = new PassedOver(1_000);
    times(5, () => passedOver.waitMs('a'));
    passedOver.forget('a');
    expect(passedOver.waitMs('a')).toBe(5);
  });

  it('is given up when that goes on, and nothing of it is remembered', () => {
    const passedOver = new PassedOver(1_000);
    expect(times(16, () => passedOver.waitMs('a'))).not.toContain(null);
    expect(times(2, () => passedOver.waitMs('a'))).toEqual([null, 5]);
  });
});
