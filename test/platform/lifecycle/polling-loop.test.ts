import { describe, expect, it } from '@jest/globals';
import { PollingLoop } from '../../../src/platform/lifecycle/polling-loop.js';

/** Far beyond what a test waits for. */
const INTERVAL_MS = 3_600_000;

const soon = () => new Promise(setImmediate);

describe('a loop', () => {
  it('looks when it is woken, and again when it is woken in the middle of a turn', async () => {
    const ends: (() => void)[] = [];
    const loop = new PollingLoop({
      name: 'test',
      intervalMs: INTERVAL_MS,
      runOnce: () => new Promise((resolve) => ends.push(() => resolve('idle'))),
      onError: () => {},
    });
    loop.start();
    loop.wake();
    ends[0]!();
    await soon();
    expect(ends).toHaveLength(2);
    ends[1]!();
    await soon();
    expect(ends).toHaveLength(2);
    loop.wake();
    await soon();
    expect(ends).toHaveLength(3);
    ends[2]!();
    await loop.stop();
  });

  it('that fails waits before the next turn, however often it is woken, and not when it has to stop', async () => {
    let turns = 0;
    const again = Promise.withResolvers<void>();
    const loop = new PollingLoop({
      name: 'test',
      intervalMs: INTERVAL_MS,
      runOnce: () => Promise.reject(new Error('out of order')),
      onError: () => {
        turns += 1;
        if (turns === 2) again.resolve();
      },
    });
    // begun before the first wait, and shorter: it ends before that
    const meanwhile = new Promise((resolve) => setTimeout(resolve, 100));
    loop.start();
    for (let i = 0; i < 3; i++) {
      await soon();
      loop.wake();
    }
    await meanwhile;
    expect(turns).toBe(1);
    await again.promise;
    await loop.stop();
    expect(turns).toBe(2);
  });
});
