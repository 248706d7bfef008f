import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AnyAgent, Json, RunContext } from '../../src/agents/agent.js';
import { cancelTask } from '../../src/execution/cancel-task.js';
import type { ClaimedRun } from '../../src/execution/claim-run.js';
import { EndLine } from '../../src/execution/end-line.js';
import { endTasks, type TaskEnd } from '../../src/execution/end-task.js';
import { RunCanceled } from '../../src/execution/run-stop.js';
import { runTask } from '../../src/execution/run-task.js';
import type { DocumentDownloader } from '../../src/platform/egress/document-downloader.js';
import { newId } from '../../src/platform/ids.js';
import { WakeUpChannel } from '../../src/platform/lifecycle/wake-up-channel.js';
import { WakeUps } from '../../src/platform/lifecycle/wake-ups.js';
import { jobRef } from '../../src/platform/queue/queue.js';
import { eventually } from '../support/eventually.js';
import { HeldLock } from '../support/held-lock.js';
import { claimTask, openParts, type Parts, queuedTask } from '../support/parts.js';
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
    const claim = claimTask(worker, taskId);
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

describe('a run that is told to stop by a cancel', () => {
  const asked = async (work: (signal: AbortSignal) => Promise<Json>, cancelGraceMs: number): Promise<string[]> => {
    const taskId = await queuedTask(caller);
    const controller = new AbortController();
    const agent = {
      ...agentThat(() => Promise.reject()),
      run: async (_: object, { signal }: RunContext) => {
        expect(await cancelTask(caller, 'default', taskId)).toBe('canceling');
        controller.abort(new RunCanceled());
        return work(signal);
      },
    };
    await run(agent, taskId, controller, cancelGraceMs);
    return ends(taskId);
  };

  it('ends as canceled at once when it stops', async () => {
    expect(await asked(async (signal) => signal.throwIfAborted() ?? null, 3_600_000)).toEqual(['task.canceled']);
  });

  it('may return its result within the grace time', async () => {
    expect(await asked(async () => 'all the same', 3_600_000)).toEqual(['task.completed']);
  });

  it('ends as canceled after the grace time although it does not listen', async () => {
    expect(await asked(() => new Promise(() => {}), 10)).toEqual(['task.canceled']);
  });
});

it('tells the worker by the commit of the cancel, in whatever process it is', async () => {
  const [elsewhere, here] = [new WakeUps(), new WakeUps()];
  const heard: string[][] = [];
  elsewhere.on('task-canceling', (ids) => heard.push(['elsewhere', ...ids]));
  here.on('task-canceling', (ids) => heard.push(['here', ...ids]));
  const channel = new WakeUpChannel(database.url, worker.database, elsewhere, worker.logger, newId());
  channel.open();
  await eventually(async () => {
    const found = await sql(
      database,
      "SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%' AND state = 'idle'",
    );
    return found.length === 1;
  }, 'the channel to listen');
  const { taskId } = await running();
  await cancelTask({ ...caller, wakeUps: here }, 'default', taskId);
  await eventually(async () => heard.length === 2, 'both to hear');
  await channel.close();
  expect(heard.sort()).toEqual([
    ['elsewhere', taskId],
    ['here', taskId],
  ]);
});

async function running(): Promise<{ taskId: string; run: ClaimedRun }> {
  const taskId = await queuedTask(worker);
  const run = await claimTask(worker, taskId);
  return { taskId, run: run! };
}

function agentThat(work: () => Promise<never>, maxRuns = 3): AnyAgent {
  return { type: 'echo', description: '', input: Object, output: null, policy: { maxRuns }, run: work };
}

async function run(agent: AnyAgent, taskId: string, controller = new AbortController(), cancelGraceMs = 0): Promise<void> {
  const endLine = new EndLine((ends) => endTasks(worker, ends));
  const parts = { ...worker, endLine, downloader: {} as DocumentDownloader, model: null, cancelGraceMs };
  const claimed = (await claimTask(worker, taskId))!;
  await runTask(parts, agent, claimed, jobRef(newId()), controller);
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
