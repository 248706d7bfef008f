import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RunContext, StepError } from '../../src/agents/agent.js';
import type { ClaimedRun } from '../../src/execution/claim-run.js';
import { putBack } from '../../src/execution/put-back.js';
import { createRunContext } from '../../src/execution/run-context.js';
import type { DocumentDownloader } from '../../src/platform/egress/document-downloader.js';
import { claimTask, openParts, type Parts, queuedTask } from '../support/parts.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { sql } from '../support/service.js';

let database: TestDatabase;
let parts: Parts;

beforeAll(async () => {
  database = await createTestDatabase();
  parts = await openParts(database);
});

afterAll(async () => {
  await parts?.close();
  await database?.drop();
});

describe('steps of a task', () => {
  it('are done once, whatever number of runs it takes', async () => {
    const run = await claimed();
    const done: string[] = [];
    const work = async (context: RunContext, name: string) =>
      context.step(name, () => {
        done.push(name);
        return { name, by: context.run, at: undefined };
      });
    const first = contextOf(run);
    expect(await work(first, 'read')).toEqual({ name: 'read', by: 1 });
    await expect(first.step('ask', () => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug');

    const second = contextOf(await nextRun(run, 'retry'));
    expect(await work(second, 'new in between')).toEqual({ name: 'new in between', by: 2 });
    expect(await work(second, 'read')).toEqual({ name: 'read', by: 1 });
    expect(await work(second, 'ask')).toEqual({ name: 'ask', by: 2 });
    expect(done).toEqual(['read', 'new in between', 'ask']);
    expect(await events(run.taskId, 'task.step')).toMatchObject([{ name: 'read' }, { name: 'new in between' }, { name: 'ask' }]);
  });

  it('keep a result that is null, and one with characters that Postgres does not like', async () => {
    const run = await claimed();
    const odd = 'a\u0000b\ud800c';
    expect(await contextOf(run).step('odd', () => odd)).toBe(odd);
    expect(await contextOf(run).step('nothing', () => {})).toBeNull();
    const again = contextOf(await nextRun(run, 'crash'));
    expect(await again.step('odd', () => 'other')).toBe(odd);
    expect(await again.step('nothing', () => 'other')).toBeNull();
  });

  it.each([
    ['a name that is taken', (context: RunContext) => context.step('same', () => 2)],
    ['no name', (context: RunContext) => context.step('', () => 1)],
    ['more than 1 MB', (context: RunContext) => context.step('big', () => 'x'.repeat(1_048_577))],
    ['no JSON', (context: RunContext) => context.step('bigint', () => 1n)],
  ])('refuse %s', async (_, use) => {
    const context = contextOf(await claimed());
    await context.step('same', () => 1);
    await expect(use(context)).rejects.toBeInstanceOf(StepError);
  });

  it('take 1 MB to the byte', async () => {
    const result = 'x'.repeat(1_048_576 - 2);
    expect(await contextOf(await claimed()).step('big', () => result)).toBe(result);
  });
});

describe('the time of a run', () => {
  it('runs out, and is never less than nothing', async () => {
    const run = await claimed();
    const left = contextOf(run).timeLeft();
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(run.timeoutMs);
    expect(contextOf({ ...run, timeoutMs: 0 }).timeLeft()).toBe(0);
  });
});

describe('what a run reports', () => {
  it('is stored at most four times a second, the last one always', async () => {
    const run = await claimed();
    const { context, flush } = open(run);
    for (let part = 1; part <= 500; part += 1) await context.progress(part / 500, `part ${part}`);
    await flush();
    const stored = await events(run.taskId, 'task.progress');
    expect(stored.length).toBeLessThan(10);
    expect(stored.at(0)).toMatchObject({ fraction: 1 / 500 });
    expect(stored.at(-1)).toEqual({ fraction: 1, message: 'part 500', data: null });
    const [task] = await sql(database, 'SELECT progress FROM postback.tasks WHERE id = $1', [run.taskId]);
    expect(task).toEqual({ progress: stored.at(-1) });
  });

  it('has a level, or is information', async () => {
    const run = await claimed();
    const context = contextOf(run);
    await context.log('read');
    await context.log('read', { pages: 3 });
    await context.log('warn', 'slow', { seconds: 9 });
    await context.log('error');
    expect(await events(run.taskId, 'task.log')).toEqual([
      { level: 'info', message: 'read', data: null },
      { level: 'info', message: 'read', data: { pages: 3 } },
      { level: 'warn', message: 'slow', data: { seconds: 9 } },
      { level: 'info', message: 'error', data: null },
    ]);
  });

  it('is cut to a size', async () => {
    const run = await claimed();
    await contextOf(run).log('m'.repeat(5_000), 'd'.repeat(20_000));
    expect(await events(run.taskId, 'task.log')).toEqual([
      { level: 'info', message: 'm'.repeat(2_000), data: null, omitted_bytes: 20_002 },
    ]);
  });

  it('is kept up to ten thousand events, and progress is shown beyond them', async () => {
    const run = await claimed();
    await sql(database, 'UPDATE postback.tasks SET last_seq = 9998 WHERE id = $1', [run.taskId]);
    const context = contextOf(run);
    for (const line of ['kept', 'the last', 'too much']) await context.log(line);
    await context.progress(0.5);
    expect((await events(run.taskId, 'task.log')).map(({ message }) => message)).toEqual([
      'kept',
      expect.stringContaining('has reported 10000 events'),
    ]);
    const [task] = await sql(database, 'SELECT last_seq, progress FROM postback.tasks WHERE id = $1', [run.taskId]);
    expect(task).toEqual({ last_seq: 10_000, progress: { fraction: 0.5, message: null, data: null } });
    await nextRun(run, 'retry'); // what is no report goes on being told
    expect(await events(run.taskId, 'task.retrying')).toHaveLength(1);
  });
});

async function claimed(): Promise<ClaimedRun> {
  return claim(await queuedTask(parts));
}

async function nextRun({ taskId, runToken }: ClaimedRun, why: 'retry' | 'crash'): Promise<ClaimedRun> {
  expect(await putBack(parts, { taskId, taskType: 'echo', runToken, why, delayMs: 0, reason: 'test', job: null })).toBe(true);
  return claim(taskId);
}

const claim = async (taskId: string) => (await claimTask(parts, taskId))!;

const open = (run: ClaimedRun) =>
  createRunContext(run, {
    ...parts,
    traceparent: null,
    downloader: {} as DocumentDownloader,
    model: null,
    controller: new AbortController(),
  });

const contextOf = (run: ClaimedRun) => open(run).context;

async function events(taskId: string, type: string): Promise<Record<string, unknown>[]> {
  const rows = await sql<{ data: Record<string, unknown> }>(
    database,
    'SELECT data FROM postback.task_events WHERE task_id = $1 AND type = $2 ORDER BY seq',
    [taskId, type],
  );
  return rows.map(({ data }) => data);
}
