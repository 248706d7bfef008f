import { describe, expect, it } from '@jest/globals';
import type { Finish } from '../../../src/webhooks/delivery/finish-attempts.js';
import { FinishBatcher } from '../../../src/webhooks/delivery/finish-batcher.js';

const AWAY = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const REFUSED = Object.assign(new Error('invalid byte sequence'), { code: '22021' });

describe('finishes that end at about the same time', () => {
  it('are written with one commit', async () => {
    const { writes, lost } = await writeAll(3, () => null);
    expect(writes).toEqual([['0', '1', '2']]);
    expect(lost).toEqual([]);
  });

  it('are halved around the one that the database will not take, and only that is lost', async () => {
    const { writes, lost } = await writeAll(4, (ids) => (ids.includes('2') ? REFUSED : null));
    expect(writes).toEqual([['0', '1', '2', '3'], ['0', '1'], ['2', '3'], ['2'], ['3']]);
    expect(lost).toEqual(['2']);
  });

  it('are written after an outage, whole', async () => {
    let away = 5;
    const { writes, lost, waitedMs } = await writeAll(2, () => (away-- > 0 ? AWAY : null));
    expect(writes).toEqual(Array.from({ length: 6 }, () => ['0', '1']));
    expect(waitedMs).toEqual([50, 100, 200, 400, 800]);
    expect(lost).toEqual([]);
  });

  it('are given up together after a minute without a database, not one by one', async () => {
    const { writes, lost, waitedMs } = await writeAll(200, () => AWAY);
    expect(writes.every((ids) => ids.length === 200)).toBe(true);
    expect(lost).toHaveLength(200);
    expect(waitedMs.reduce((sum, ms) => sum + ms)).toBeLessThan(60_000);
  });

  it('are halved also when an outage comes in between, and given up where it lasts', async () => {
    const { writes, lost } = await writeAll(4, (ids) => (ids.length === 4 ? REFUSED : ids.includes('2') ? AWAY : null));
    expect(writes.slice(0, 3)).toEqual([
      ['0', '1', '2', '3'],
      ['0', '1'],
      ['2', '3'],
    ]);
    expect(new Set(writes.slice(2).map(String))).toEqual(new Set(['2,3']));
    expect(lost).toEqual(['2', '3']);
  });
});

describe('a shutdown whose patience is over', () => {
  it('ends the waiting for a database that is away', async () => {
    const { writes, lost } = await writeAll(2, () => AWAY, { patient: false });
    expect(writes).toEqual([['0', '1']]);
    expect(lost).toEqual(['0', '1']);
  });

  it('still lets what ends after it be written', async () => {
    const { writes, lost } = await writeAll(2, () => null, { patient: false });
    expect(writes).toEqual([['0', '1']]);
    expect(lost).toEqual([]);
  });
});

/** @param refuse what the database says to a batch of these rows; null when it takes them */
async function writeAll(count: number, refuse: (ids: string[]) => Error | null, { patient = true } = {}) {
  const [writes, lost, waitedMs]: [string[][], string[], number[]] = [[], [], []];
  const batcher = new FinishBatcher({
    write: async (batch) => {
      const ids = batch.map(({ delivery }) => delivery.id);
      writes.push(ids);
      const error = refuse(ids);
      if (error !== null) throw error;
    },
    onLost: ({ delivery }) => lost.push(delivery.id),
    wait: async (ms) => {
      waitedMs.push(ms);
      return patient;
    },
    lingerMs: 1,
    maxBatch: 200,
  });
  await Promise.all(Array.from({ length: count }, (_, id) => batcher.add({ delivery: { id: String(id) } } as Finish)));
  return { writes, lost, waitedMs };
}
