import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ClaimedRun } from '../../src/execution/claim-run.js';
import { endTasks } from '../../src/execution/end-task.js';
import { putBack } from '../../src/execution/put-back.js';
import { watchRuns } from '../../src/execution/watch-runs.js';
import { newId } from '../../src/platform/ids.js';
import { claimTask, openParts, type Parts, queuedTask } from '../support/parts.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { sql } from '../support/service.js';

const WORKER = newId();
let database: TestDatabase;
let parts: Parts;
/** What the worker is told, by task. */
let told: string[];

beforeAll(async () => {
  database = await createTestDatabase();
  parts = await openParts(database);
});

afterEach(() => sql(database, 'TRUNCATE postback.tasks CASCADE'));

afterAll(async () => {
  await parts?.close();
  await database?.drop();
});

describe('a run of this process, with every heartbeat', () => {
  it('goes on while the table says the same', async () => {
    const run = await claimed();
    await watch([run]);
    expect(told).toEqual([]);
    expect(await task(run)).toEqual({ status: 'running', interruptions: 0 });
  });

  it('is canceled when that was asked for and nobody had told it', async () => {
    const run = await claimed();
    await sql(database, "UPDATE postback.tasks SET status = 'canceling' WHERE id = $1", [run.taskId]);
    await watch([run]);
    expect(told).toEqual([`cancel ${run.taskId}`]);
  });

  it.each([
    ['another process runs its task', async (run: ClaimedRun) => void (await claimTask(parts, run.taskId))],
    ['a later run of its own process has it', async (run: ClaimedRun) => void (await claimTask(parts, run.taskId, WORKER))],
    ['its task waits for another run', async () => {}],
    [
      'its task has ended',
      async (run: ClaimedRun) => {
        const { taskId, runToken } = (await claimTask(parts, run.taskId))!;
        await endTasks(parts, [{ taskId, runToken, stage: 'completed', result: '1', error: null, charged: true, job: null }]);
      },
    ],
  ])('is dropped when it was taken for dead and %s', async (_, then) => {
    const run = await claimed();
    const { taskId, runToken } = run;
    expect(await putBack(parts, { taskId, taskType: 'echo', runToken, why: 'crash', delayMs: 0, reason: 'test', job: null })).toBe(true);
    await then(run);
    await watch([run]);
    expect(told).toEqual([`drop ${taskId} ${runToken}`]);
  });
});

describe('a task that counts as run by this process, which knows nothing of it', () => {
  it('is put back', async () => {
    const run = await claimed();
    await sql(database, "UPDATE postback.tasks SET run_deadline_at = run_deadline_at - interval '1 minute'");
    await watch([]);
    expect(await task(run)).toEqual({ status: 'queued', interruptions: 1 });
  });

  it('is left alone while the answer to its claim may be under way', async () => {
    const run = await claimed();
    await watch([]);
    expect(await task(run)).toEqual({ status: 'running', interruptions: 0 });
  });
});

async function watch(runs: readonly ClaimedRun[]): Promise<void> {
  told = [];
  const worker = {
    runTokens: new Map(runs.map(({ taskId, runToken }) => [taskId, runToken])),
    cancel: (taskId: string) => void told.push(`cancel ${taskId}`),
    drop: (taskId: string, runToken: string) => void told.push(`drop ${taskId} ${runToken}`),
  };
  await watchRuns(parts, worker, WORKER, 5_000);
}

async function claimed(): Promise<ClaimedRun> {
  return (await claimTask(parts, await queuedTask(parts), WORKER))!;
}

async function task({ taskId }: ClaimedRun): Promise<object> {
  const [row] = await sql(database, 'SELECT status, interruptions FROM postback.tasks WHERE id = $1', [taskId]);
  return row!;
}
