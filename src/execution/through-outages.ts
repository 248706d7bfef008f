import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../platform/clock.js';
import { isDatabaseTrouble } from '../platform/database/database-trouble.js';
import type { Logger } from '../platform/logging/logger.js';

const OUTAGE_PATIENCE_MS = 10 * 60_000;

/**
 * A result is not thrown away because Postgres restarts while it is written. Repeating after an unknown COMMIT is safe:
 * the fence was lifted by the commit that did arrive, and the second one writes nothing, or the same again.
 */
export async function throughOutages<T>(
  parts: { clock: Clock; logger: Logger },
  write: () => Promise<T>,
  patienceMs = OUTAGE_PATIENCE_MS,
): Promise<T> {
  const giveUpAt = parts.clock.monotonic() + patienceMs;
  for (let waitMs = 100; ; waitMs = Math.min(5_000, waitMs * 2)) {
    try {
      return await write();
    } catch (error) {
      if (!isDatabaseTrouble(error) || parts.clock.monotonic() > giveUpAt) throw error;
      parts.logger.warn(
        { event: 'task.write_delayed', err: error },
        'The database is away; what a run has to write is written as soon as it is back',
      );
      await delay(waitMs);
    }
  }
}
