import { setTimeout as delay } from 'node:timers/promises';

/** Starts `work` so many times at an even pace, however long the earlier ones take; resolves with what each came to. */
export async function openLoop<T>(times: number, everyMs: number, work: () => Promise<T>): Promise<T[]> {
  const startAt = performance.now();
  const started: Promise<T>[] = [];
  for (let i = 0; i < times; i += 1) {
    await delay(Math.max(0, startAt + i * everyMs - performance.now()));
    const one = work();
    one.catch(() => {}); // told below, when all have been started
    started.push(one);
  }
  return Promise.all(started);
}
