import { registerHooks } from 'node:module';
import { changesOf, plantInto } from './defects.js';
import { shiftClock } from './shift-clock.js';

/**
 * Loaded by `--import` into every process of the service that the chaos harness starts, and into no other: what production runs carries
 * nothing of it. Takes orders over the channel to the harness, says when it is armed, and ends the process when the harness is gone.
 */
export type Order = { arm: string | null } | { shiftMs: number };

const defects = process.env.CHAOS_DEFECTS;

if (defects) {
  const changes = defects.split(',').flatMap(changesOf);
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      return url.includes('/dist/src/') && loaded.source ? { ...loaded, source: plantInto(url, String(loaded.source), changes) } : loaded;
    },
  });
}

process.on('message', async (order: Order) => {
  if ('shiftMs' in order) return shiftClock(order.shiftMs);
  // the very module that the service has loaded
  const { armFailPoint } = await import('../../src/platform/lifecycle/fail-point.js');
  armFailPoint(order.arm);
  process.send?.(order);
});
process.on('disconnect', () => process.exit(1));
process.channel?.unref();
