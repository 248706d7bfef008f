import { setTimeout as delay } from 'node:timers/promises';

/** Looks until `look` returns something, for what has no event to wait for, such as a row that another process writes. */
export async function eventually<T>(look: () => Promise<T | null | undefined | false>, what: string, withinMs = 20_000): Promise<T> {
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (performance.now() > giveUpAt) throw new Error(`Waited ${withinMs} ms in vain for ${what}.`);
    await delay(20);
  }
}
