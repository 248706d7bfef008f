import type { SchedulerRegistry } from '@nestjs/schedule';
import type { Logger } from '../logging/logger.js';

/**
 * Upkeep on the clock, by @nestjs/schedule: `work` runs every `ms` until the application stops. A turn that is still at it
 * when the next is due is not doubled, and one that fails is logged and repeated at the next.
 */
export function everyMs(scheduler: SchedulerRegistry, logger: Logger, name: string, ms: number, work: () => Promise<unknown>): void {
  let busy = false;
  const turn = async () => {
    if (busy) return;
    busy = true;
    try {
      await work();
    } catch (error) {
      logger.warn({ event: 'upkeep.failed', upkeep: name, err: error }, `${name} failed; it is tried again`);
    } finally {
      busy = false;
    }
  };
  scheduler.addInterval(name, setInterval(turn, ms));
}
