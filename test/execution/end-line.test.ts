import { describe, expect, it } from '@jest/globals';
import { EndLine } from '../../src/execution/end-line.js';
import type { TaskEnd } from '../../src/execution/end-task.js';

describe('the line of ends', () => {
  it('writes a lone end at once, and what comes meanwhile together', async () => {
    const { line, groups } = slowLine();
    const ends = [line.end(end('first'))];
    await groups.next();
    ends.push(line.end(end('second')));
    await groups.next();
    ends.push(line.end(end('third')), line.end(end('fourth')), line.end(end('fifth')));
    groups.commit();
    await groups.next();
    groups.commit();
    groups.commit();
    expect(await Promise.all(ends)).toEqual([true, true, true, true, true]);
    expect(groups.written).toEqual([['first'], ['second'], ['third', 'fourth', 'fifth']]);
  });

  it('makes one group of runs that end in the same moment, and tells each what became of its own', async () => {
    const written: string[][] = [];
    const line = new EndLine(async (ends) => {
      written.push(ends.map(({ taskId }) => taskId));
      return new Set(['a', 'c']);
    });
    expect(await Promise.all(['a', 'b', 'c'].map((id) => line.end(end(id))))).toEqual([true, false, true]);
    expect(written).toEqual([['a', 'b', 'c']]);
  });

  it('never has two ends of one task in a group: a stale run must not take the end of its successor for its own', async () => {
    const written: (string | null)[][] = [];
    const line = new EndLine(async (ends) => {
      written.push(ends.map(({ runToken }) => runToken));
      return new Set(ends.filter(({ runToken }) => runToken !== 'stale').map(({ taskId }) => taskId));
    });
    const kept = await Promise.all([line.end(end('a', 'stale')), line.end(end('a', 'owner')), line.end(end('b', 'other'))]);
    expect(kept).toEqual([false, true, true]);
    expect(written).toEqual([['stale'], ['owner', 'other']]);
  });

  it('halves a group that the database refuses, until the end it will not take stands alone', async () => {
    const refused = Object.assign(new Error('invalid byte sequence'), { code: '22021' });
    const line = new EndLine(async (ends) => {
      if (ends.some(({ taskId }) => taskId === 'bad')) throw refused;
      return new Set(ends.map(({ taskId }) => taskId));
    });
    const results = await Promise.allSettled(['a', 'b', 'bad', 'c', 'd'].map((id) => line.end(end(id))));
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason))).toEqual([
      true,
      true,
      refused,
      true,
      true,
    ]);
  });

  it('tells every run when the database is away, once, and goes on', async () => {
    let tries = 0;
    const line = new EndLine(async (ends) => {
      if (tries++ === 0) throw Object.assign(new Error('gone'), { code: '57P01' });
      return new Set(ends.map(({ taskId }) => taskId));
    });
    const results = await Promise.allSettled([line.end(end('a')), line.end(end('b'))]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(tries).toBe(1);
    expect(await line.end(end('a'))).toBe(true);
  });

  it('does not put results of many megabytes into one commit', async () => {
    const written: string[][] = [];
    const line = new EndLine(async (ends) => {
      written.push(ends.map(({ taskId }) => taskId));
      return new Set(ends.map(({ taskId }) => taskId));
    });
    const large = 'x'.repeat(3_000_000);
    await Promise.all(['a', 'b', 'c'].map((id) => line.end({ ...end(id), result: large })));
    expect(written).toEqual([['a'], ['b'], ['c']]);
  });
});

const end = (taskId: string, runToken = `run of ${taskId}`): TaskEnd => ({
  taskId,
  runToken,
  stage: 'completed',
  result: '1',
  error: null,
  charged: true,
  job: null,
});

/** A line whose commits come when they are told to, the oldest first. */
function slowLine() {
  const written: string[][] = [];
  const commits: (() => void)[] = [];
  let begun = Promise.withResolvers<void>();
  let seen = 0;
  const line = new EndLine(async (ends) => {
    written.push(ends.map(({ taskId }) => taskId));
    begun.resolve();
    await new Promise<void>((commit) => commits.push(commit));
    return new Set(ends.map(({ taskId }) => taskId));
  });
  const groups = {
    written,
    commit: () => commits.shift()!(),
    /** Resolves when one more group is being written. */
    async next(): Promise<void> {
      while (written.length <= seen) {
        begun = Promise.withResolvers();
        await begun.promise;
      }
      seen += 1;
    },
  };
  return { line, groups };
}
