import { describe, expect, it, jest } from '@jest/globals';
import { LatestOnly } from '../../src/execution/latest-only.js';

/** Records what is written; each write ends when told. */
class Writer {
  readonly started: number[] = [];
  private open: (() => void)[] = [];

  readonly write = ({ n }: { n: number }): Promise<void> => {
    this.started.push(n);
    return new Promise((resolve) => this.open.push(resolve));
  };

  end(): void {
    for (const resolve of this.open.splice(0)) resolve();
  }
}

describe('what is reported more often than it may be written', () => {
  it('is written at once the first time, then as its latest value, and at the end in any case', async () => {
    const writer = new Writer();
    const reports = new LatestOnly(writer.write, 3_600_000);
    const first = reports.put({ n: 1 });
    expect(writer.started).toEqual([1]);
    await reports.put({ n: 2 });
    await reports.put({ n: 3 });
    expect(writer.started).toEqual([1]);
    const flushed = reports.flush();
    writer.end();
    await first;
    await new Promise(setImmediate);
    expect(writer.started).toEqual([1, 3]);
    writer.end();
    await flushed;
  });

  it('is written again after the pause, and never two at a time', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    const writer = new Writer();
    const reports = new LatestOnly(writer.write, 1_000);
    void reports.put({ n: 1 });
    await reports.put({ n: 2 });
    await jest.advanceTimersByTimeAsync(20_000); // the pause is long over, the first write is not
    expect(writer.started).toEqual([1]);
    await reports.put({ n: 3 });
    writer.end();
    while (writer.started.length < 2) await new Promise(setImmediate);
    expect(writer.started).toEqual([1, 3]);
    writer.end();
    await reports.flush();
    expect(writer.started).toEqual([1, 3]);
    jest.useRealTimers();
  });

  it('is all written once it is flushed, also when the pause ended in the middle of a write', async () => {
    const writer = new Writer();
    const reports = new LatestOnly(writer.write, 1);
    void reports.put({ n: 1 });
    await new Promise((resolve) => setTimeout(resolve, 1)); // begun after the pause, so it ends after it
    await reports.put({ n: 2 });
    let flushed = false;
    const flushing = reports.flush().then(() => {
      flushed = true;
    });
    writer.end();
    await new Promise(setImmediate);
    expect({ started: writer.started, flushed }).toEqual({ started: [1, 2], flushed: false });
    writer.end();
    await flushing;
  });

  it('tells whoever put a value that its write failed', async () => {
    const reports = new LatestOnly(() => Promise.reject(new Error('refused')), 1);
    await expect(reports.put({ n: 1 })).rejects.toThrow('refused');
    await reports.flush();
  });
});
