import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AnyAgent } from '../../src/agents/agent.js';
import { cancelTask } from '../../src/execution/cancel-task.js';
import { type ClaimedRun, claimRun } from '../../src/execution/claim-run.js';
import { endTasks, type TaskEnd } from '../../src/execution/end-task.js';
import { runTask } from '../../src/execution/run-task.js';
import { Clock } from '../../src/platform/clock.js';
import type { DocumentDownloader } from '../../src/platform/egress/document-downloader.js';
import { newId } from '../../src/platform/ids.js';
import { createLogger } from '../../src/platform/logging/logger.js';
import { HeldLock } from '../support/held-lock.js';
import { openParts, type Parts, queuedTask } from '../support/parts.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { sql } from '../support/service.js';

let database: TestDatabase;
let worker: Parts;
let caller: Parts;

beforeAll(async () => {
  database = await createTestDatabase();
  [worker, caller] = [await openParts(database), await openParts(database)];
});

afterAll(async () => {
  await worker?.close();
  await caller?.close();
  await database?.drop();
});

describe('a cancel that meets a completion', () => {
  it('loses to a result that is committed first', async () => {
    const { taskId, run } = await running();
    const lock = await lockTask(taskId);
    const end = endTasks(worker, [completed(run)]);
    await lock.blocked(1); // the result stands first in the line
    const cancel = cancelTask(caller, 'default', taskId);
    await lock.blocked(2);
    await lock.release();
    expect(await end).toEqual(new Set([taskId]));
    expect(await cancel).toBe('completed');
    expect(await ends(taskId)).toEqual(['task.completed']);
  });

  it('that came first is overtaken by a result that is committed before the run stops', async () => {
    const { taskId, run } = await running();
    const lock = await lockTask(taskId);
    const cancel = cancelTask(caller, 'default', taskId);
    await lock.blocked(1);
    const end = endTasks(worker, [completed(run)]);
    await lock.blocked(2);
    await lock.release();
    expect(await cancel).toBe('canceling');
    expect(await end).toEqual(new Set([taskId]));
    expect(await ends(taskId)).toEqual(['task.completed']);
    expect(await cancelTask(caller, 'default', taskId)).toBe('completed');
  });

  it('ends a queued task once, however many ask', async () => {
    const taskId = await queuedTask(caller);
    const lock = await lockTask(taskId);
    const cancels = [caller, worker, caller].map((parts) => cancelTask(parts, 'default', taskId));
    await lock.blocked(3);
    await lock.release();
    expect(await Promise.all(cancels)).toEqual(['canceled', 'canceled', 'canceled']);
    expect(await ends(taskId)).toEqual(['task.canceled']);
  });

  it('of a queued task that a worker claims at that moment stops the run instead', async () => {
    const taskId = await queuedTask(caller);
    const lock = await lockTask(taskId);
    const claim = claimRun(worker.database, taskId, newId(), newId());
    await lock.blocked(1);
    const cancel = cancelTask(caller, 'default', taskId);
    await lock.blocked(2);
    await lock.release();
    expect(await claim).not.toBeNull();
    expect(await cancel).toBe('canceling');
    expect(await ends(taskId)).toEqual([]);
    expect(await endTasks(worker, [canceled((await claim)!)])).toEqual(new Set([taskId]));
    expect(await ends(taskId)).toEqual(['task.canceled']);
  });
});

describe('a cancel of a run that was just failing', () => {
  it.each([
    ['would be tried again', 3],
    ['was the last', 1],
  ])('ends the task as canceled although the run %s', async (_, maxRuns) => {
    const taskId = await queuedTask(caller);
    // the cancel is committed while the agent works, and the agent fails before anybody has told it
    const agent = agentThat(async () => {
      expect(await cancelTask(caller, 'default', taskId)).toBe('canceling');
      throw new Error('a bug');
    }, maxRuns);
    await run(agent, taskId);
    expect(await ends(taskId)).toEqual(['task.canceled']);
  });

  it('leaves a task that says it cannot be done as failed', async () => {
    const taskId = await queuedTask(caller);
    const { TaskFailed } = await import('../../src/agents/agent.js');
    const agent = agentThat(async () => {
      await cancelTask(caller, 'default', taskId);
      throw new TaskFailed('no_way', 'It cannot be done.');
    });
    await run(agent, taskId);
    expect(await ends(taskId)).toEqual(['task.failed']);
  });
});

async function running(): Promise<{ taskId: string; run: ClaimedRun }> {
  const taskId = await queuedTask(worker);
  const run = await claimRun(worker.database, taskId, newId(), newId());
  return { taskId, run: run! };
}

function agentThat(work: () => Promise<never>, maxRuns = 3): AnyAgent {
  return { type: 'echo', description: '', input: Object, output: null, policy: { maxRuns }, run: work };
}

async function run(agent: AnyAgent, taskId: string): Promise<void> {
  const parts = {
    ...worker,
    downloader: {} as DocumentDownloader,
    model: null,
    clock: new Clock(),
    logger: createLogger('silent'),
    workerId: newId(),
  };
  const job = (await worker.queue.fetch('echo', 100)).find((fetched) => fetched.data.task_id === taskId)!;
  await runTask(parts, agent, job, new AbortController());
}

const completed = ({ taskId, runToken }: ClaimedRun): TaskEnd => ({
  taskId,
  runToken,
  stage: 'completed',
  result: '1',
  error: null,
  charged: true,
  job: null,
});

function canceled({ taskId, runToken }: ClaimedRun): TaskEnd {
  return {
    taskId,
    runToken,
    stage: 'canceled',
    result: null,
    error: { code: 'canceled', message: 'Canceled.' },
    charged: false,
    job: null,
  };
}

const lockTask = (taskId: string) => HeldLock.take(database, 'SELECT FROM postback.tasks WHERE id = $1 FOR UPDATE', [taskId]);

/** The terminal events of a task, after checking that its row, its webhook and its outbox tell the same. */
async function ends(taskId: string): Promise<string[]> {
  const rows = await sql<{ type: string; same: boolean }>(
    database,
    `SELECT e.type, e.type = 'task.' || t.status AND w.type = e.type AND w.body::json->>'status' = t.status
                    AND (SELECT count(*) FROM postback.webhook_outbox o WHERE o.event_id = e.id) = 1 AS same
       FROM postback.tasks t JOIN postback.task_events e ON e.task_id = t.id LEFT JOIN postback.webhook_events w ON w.id = e.id
      WHERE t.id = $1 AND e.type IN ('task.completed', 'task.failed', 'task.error', 'task.canceled', 'task.expired')`,
    [taskId],
  );
  expect(rows.every(({ same }) => same)).toBe(true);
  return rows.map(({ type }) => type);
}
