import { setTimeout as delay } from 'node:timers/promises';
import { Clock } from '../clock.js';
import { isDatabaseTrouble } from './database-trouble.js';

const BETWEEN_TRIES_MS = 1_000;

/**
 * Does `work` again while Postgres cannot be reached: machines boot in any order, and a database that fails over is away for seconds.
 * The last error is thrown once `patienceMs` are over; any other at once, since waiting would only hide it.
 *
 * @param work leaves nothing running when it fails; idle connections of a pool end by themselves
 * @param tell takes a sentence for the person at the terminal, once
 */
export async function awaitDatabase<T>(work: () => Promise<T>, patienceMs: number, tell: (line: string) => void): Promise<T> {
  const clock = new Clock();
  const giveUpAt = clock.monotonic() + patienceMs;
  for (let told = false; ; told = true) {
    try {
      return await work();
    } catch (error) {
      if (!isDatabaseTrouble(error) || clock.monotonic() + BETWEEN_TRIES_MS > giveUpAt) throw error;
      if (!told) tell(`Postgres does not answer yet (${(error as Error).message}); trying for ${Math.round(patienceMs / 1_000)} s.`);
      await delay(BETWEEN_TRIES_MS);
    }
  }
}
