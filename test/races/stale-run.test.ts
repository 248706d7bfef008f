import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ClaimedRun } from '../../src/execution/claim-run.js';
import { endTasks, type TaskEnd } from '../../src/execution/end-task.js';
import { putBack } from '../../src/execution/put-back.js';
import { createRunContext } from '../../src/execution/run-context.js';
import { RunLost } from '../../src/execution/run-stop.js';
import type { DocumentDownloader } from '../../src/platform/egress/document-downloader.js';
import { newId } from '../../src/platform/ids.js';
import { HeldLock } from '../support/held-lock.js';
import { claimTask, openParts, type Parts, queuedTask } from '../support/parts.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { sql } from '../support/service.js';

let database: TestDatabase;
let a: Parts;
let b: Parts;

beforeAll(async () => {
  database = await createTestDatabase();
  [a, b] = [await openParts(database), await openParts(database)];
});

afterAll(async () => {
  await a?.close();
  await b?.close();
  await database?.drop();
});

describe('a run that lost its task to another', () => {
  it('writes nothing at its end, and the run that owns the task writes everything', async () => {
    const { taskId, stale, owner } = await takenOver();
    expect(await endTasks(a, [completed(stale, '"of the stale run"')])).toEqual(new Set());
    expect(await written(taskId)).toEqual({ status: 'running', result: null, runs: 0, terminal: 0, outbox: 0 });
    expect(await endTasks(b, [completed(owner, '"of the owner"')])).toEqual(new Set([taskId]));
    expect(await written(taskId)).toEqual({ status: 'completed', result: '"of the owner"', runs: 1, terminal: 1, outbox: 1 });
    expect(await endTasks(a, [completed(stale, '"of the stale run"')])).toEqual(new Set());
    expect(await written(taskId)).toEqual({ status: 'completed', result: '"of the owner"', runs: 1, terminal: 1, outbox: 1 });
  });

  it('changes nothing when both end at once on the same row', async () => {
    const { taskId, stale, owner } = await takenOver();
    const lock = await lockTask(taskId);
    const ends = [endTasks(a, [completed(stale, '"of the stale run"')]), endTasks(b, [completed(owner, '"of the owner"')])];
    await lock.blocked(1); // the stale one has no row of its own to wait for
    await lock.release();
    expect((await Promise.all(ends)).map((ended) => ended.has(taskId))).toEqual([false, true]);
    expect(await written(taskId)).toEqual({ status: 'completed', result: '"of the owner"', runs: 1, terminal: 1, outbox: 1 });
  });

  it('loses also when it is put back while its end waits for the row', async () => {
    const taskId = await queuedTask(a);
    const run = await claim(a, taskId);
    // the row is held by the very transaction that gives the task to another run
    const lock = await HeldLock.take(database, 'UPDATE postback.tasks SET run_token = $2 WHERE id = $1', [taskId, newId()]);
    const end = endTasks(a, [completed(run, '"too late"')]);
    await lock.blocked(1);
    await lock.release();
    expect(await end).toEqual(new Set());
    expect(await written(taskId)).toEqual({ status: 'running', result: null, runs: 0, terminal: 0, outbox: 0 });
  });

  it('cannot put the task back either', async () => {
    const { taskId, stale } = await takenOver();
    const back = { taskId, taskType: 'echo', runToken: stale.runToken, why: 'retry', delayMs: 0, reason: 'stale', job: null } as const;
    expect(await putBack(a, back)).toBe(false);
    expect(await written(taskId)).toMatchObject({ status: 'running', runs: 0 });
  });

  it('stores no step that it began while the task was its own, and is aborted', async () => {
    const taskId = await queuedTask(a);
    const stale = await claim(a, taskId);
    const controller = new AbortController();
    const { context } = createRunContext(stale, { ...a, traceparent: null, downloader: {} as DocumentDownloader, model: null, controller });
    const step = context.step('paid for', async () => {
      await sql(database, 'UPDATE postback.tasks SET run_token = $2 WHERE id = $1', [taskId, newId()]);
      return 1;
    });
    await expect(step).rejects.toBeInstanceOf(RunLost);
    expect(controller.signal.reason).toBeInstanceOf(RunLost);
    expect(await sql(database, 'SELECT FROM postback.task_steps WHERE task_id = $1', [taskId])).toEqual([]);
    expect(await eventTypes(taskId)).toEqual(['task.started']);
  });

  it('is aborted with RunLost at its next progress, which leaves no trace', async () => {
    const { taskId, stale } = await takenOver();
    const controller = new AbortController();
    const { context } = createRunContext(stale, { ...a, traceparent: null, downloader: {} as DocumentDownloader, model: null, controller });
    await expect(context.progress(0.5, 'of the stale run')).rejects.toBeInstanceOf(RunLost);
    expect(controller.signal.reason).toBeInstanceOf(RunLost);
    await expect(context.log('once more')).rejects.toBeInstanceOf(RunLost);
    await expect(context.step('paid for', () => 1)).rejects.toBeInstanceOf(RunLost);
    expect(await sql(database, 'SELECT FROM postback.task_steps WHERE task_id = $1', [taskId])).toEqual([]);
    const [task] = await sql(database, 'SELECT progress FROM postback.tasks WHERE id = $1', [taskId]);
    expect(task).toEqual({ progress: null });
    expect(await eventTypes(taskId)).toEqual(['task.started', 'task.interrupted', 'task.started']);
  });
});

describe('one run that ends twice at the same time', () => {
  it('ends its task once, as after an unknown COMMIT that is repeated', async () => {
    const taskId = await queuedTask(a);
    const run = await claim(a, taskId);
    const lock = await lockTask(taskId);
    const ends = [endTasks(a, [completed(run, '1')]), endTasks(b, [completed(run, '1')])];
    await lock.blocked(2);
    await lock.release();
    expect((await Promise.all(ends)).filter((ended) => ended.has(taskId))).toHaveLength(1);
    expect(await written(taskId)).toEqual({ status: 'completed', result: '1', runs: 1, terminal: 1, outbox: 1 });
    expect(await eventTypes(taskId)).toEqual(['task.started', 'task.completed']);
  });
});

describe('two workers that claim one task', () => {
  it('let one of them have it', async () => {
    const taskId = await queuedTask(a);
    const lock = await lockTask(taskId);
    const claims = [a, b].map((parts) => claimTask(parts, taskId));
    await lock.blocked(2);
    await lock.release();
    expect((await Promise.all(claims)).filter((run) => run !== null)).toHaveLength(1);
    expect(await eventTypes(taskId)).toEqual(['task.started']);
  });
});

/** A task that worker A ran, that was put back, and that worker B runs now. */
async function takenOver(): Promise<{ taskId: string; stale: ClaimedRun; owner: ClaimedRun }> {
  const taskId = await queuedTask(a);
  const stale = await claim(a, taskId);
  const back = { taskId, taskType: 'echo', runToken: stale.runToken, why: 'crash', delayMs: 0, reason: 'test', job: null } as const;
  expect(await putBack(b, back)).toBe(true);
  return { taskId, stale, owner: await claim(b, taskId) };
}

async function claim(parts: Parts, taskId: string): Promise<ClaimedRun> {
  const run = await claimTask(parts, taskId);
  return run!;
}

const completed = ({ taskId, runToken }: ClaimedRun, result: string): TaskEnd => ({
  taskId,
  runToken,
  stage: 'completed',
  result,
  error: null,
  charged: true,
  job: null,
});

const lockTask = (taskId: string) => HeldLock.take(database, 'SELECT FROM postback.tasks WHERE id = $1 FOR UPDATE', [taskId]);

async function written(taskId: string): Promise<object> {
  const [row] = await sql(
    database,
    `SELECT status, result, runs,
            (SELECT count(*)::int FROM postback.task_events e WHERE e.task_id = t.id AND e.type = 'task.completed') AS terminal,
            (SELECT count(*)::int FROM postback.webhook_outbox o JOIN postback.webhook_events e ON e.id = o.event_id WHERE o.task_id = t.id) AS outbox
       FROM postback.tasks t WHERE id = $1`,
    [taskId],
  );
  return row!;
}

async function eventTypes(taskId: string): Promise<string[]> {
  const rows = await sql<{ type: string }>(database, 'SELECT type FROM postback.task_events WHERE task_id = $1 ORDER BY seq', [taskId]);
  return rows.map(({ type }) => type);
}
