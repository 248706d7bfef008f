import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { reconcile } from '../../src/execution/reconcile.js';
import { newId } from '../../src/platform/ids.js';
import { heartbeat } from '../../src/platform/lifecycle/process-row.js';
import { claimTask, openParts, type Parts, queuedTask, releaseWithJobs } from '../support/parts.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { sql } from '../support/service.js';

const RULES = { heartbeatMs: 5_000, lostMs: 20_000 };
const SELF = newId();
let database: TestDatabase;
let parts: Parts;

beforeAll(async () => {
  database = await createTestDatabase();
  parts = await openParts(database);
});

afterEach(() => sql(database, 'TRUNCATE postback.tasks, postback.processes CASCADE; DELETE FROM pgboss.job'));

afterAll(async () => {
  await parts?.close();
  await database?.drop();
});

describe('a run whose worker is silent', () => {
  it('goes back to the line, charged to nobody, and its job is done with', async () => {
    await living(SELF);
    const { taskId, worker } = await running();
    await silent(worker, 21);
    await look();
    expect(await task(taskId)).toEqual({ status: 'queued', runs: 0, interruptions: 1, crashes_in_row: 1, job_id: null });
    expect(await jobStates(taskId)).toEqual(['completed']);
  });

  it('keeps its place in the line', async () => {
    await living(SELF);
    const { taskId, worker } = await running();
    const place = () => sql(database, 'SELECT next_run_at::text FROM postback.tasks WHERE id = $1', [taskId]);
    const before = await place();
    await silent(worker, 21);
    await look();
    expect(await task(taskId)).toMatchObject({ status: 'queued' });
    expect(await place()).toEqual(before);
  });

  it('goes back also when the whole queue of its job is gone', async () => {
    await living(SELF);
    const taskId = await queuedTask(parts, { type: 'analyze-document' }); // no queue was made for it here
    await sql(database, 'UPDATE postback.tasks SET job_id = gen_random_uuid() WHERE id = $1', [taskId]);
    await claimTask(parts, taskId); // by a worker without a sign of life
    await look();
    expect(await task(taskId)).toMatchObject({ status: 'queued', runs: 0, interruptions: 1, job_id: null });
  });

  it('stays where it is while the silence is short', async () => {
    await living(SELF);
    const { taskId, worker } = await running();
    await silent(worker, 15);
    await look();
    expect(await task(taskId)).toMatchObject({ status: 'running' });
  });

  it('ends as canceled when that was asked for', async () => {
    await living(SELF);
    const { taskId, worker } = await running();
    await sql(database, "UPDATE postback.tasks SET status = 'canceling' WHERE id = $1", [taskId]);
    await silent(worker, 21);
    await look();
    expect(await task(taskId)).toMatchObject({ status: 'canceled', runs: 0 });
    expect(await jobStates(taskId)).toEqual(['completed']);
  });

  it('is left alone after an outage of the database, in which everybody was silent', async () => {
    await living(SELF);
    const { taskId, worker } = await running();
    await silent(SELF, 22);
    await silent(worker, 25);
    await look(); // before the first sign of life of its own
    await heartbeat(parts.database, me(SELF), RULES);
    await look();
    expect(await task(taskId)).toMatchObject({ status: 'running' });

    await heartbeat(parts.database, me(worker), RULES); // lives, and says so with its next beat
    await steadyFor(SELF, 60);
    await look();
    expect(await task(taskId)).toMatchObject({ status: 'running', interruptions: 0 });
  });

  it('is put back after an outage that its worker did not survive', async () => {
    await living(SELF);
    const { taskId, worker } = await running();
    await silent(SELF, 22);
    await silent(worker, 25);
    await heartbeat(parts.database, me(SELF), RULES);
    await steadyFor(SELF, 11); // two beats
    await look();
    expect(await task(taskId)).toMatchObject({ status: 'queued', interruptions: 1 });
  });

  it('is not judged by a process that has just started', async () => {
    const { taskId, worker } = await running();
    await silent(worker, 60);
    await heartbeat(parts.database, me(SELF), RULES);
    await look();
    expect(await task(taskId)).toMatchObject({ status: 'running' });
  });

  it('is judged by one that beats as it should', async () => {
    await living(SELF);
    for (let beat = 0; beat < 3; beat += 1) {
      await silent(SELF, 6); // a little late
      await heartbeat(parts.database, me(SELF), RULES);
    }
    const { taskId, worker } = await running();
    await silent(worker, 21);
    await look();
    expect(await task(taskId)).toMatchObject({ status: 'queued' });
  });
});

describe('a task whose job is gone', () => {
  it.each([
    ['all jobs were deleted', 'DELETE FROM pgboss.job'],
    [
      'its job was taken by a worker that died before it claimed',
      "UPDATE pgboss.job SET state = 'active', started_on = now() - interval '21 s'",
    ],
    ['its job was completed without it', "UPDATE pgboss.job SET state = 'completed', completed_on = now()"],
  ])('is run all the same: %s', async (_, damage) => {
    await living(SELF);
    const taskId = await withJob();
    await sql(database, damage);
    expect(await look()).toMatchObject({ requeued: 1 });
    expect(await task(taskId)).toMatchObject({ status: 'queued', job_id: null });
    expect((await jobStates(taskId)).filter((state) => state !== 'completed')).toEqual([]);
    await release();
    expect(await claimTask(parts, taskId)).not.toBeNull();
  });

  it.each([
    ['waits for a worker', 'SELECT 1'],
    ['has just been taken by one', "UPDATE pgboss.job SET state = 'active', started_on = now() - interval '1 s'"],
  ])('is no task whose job %s', async (_, change) => {
    await living(SELF);
    await withJob();
    await sql(database, change);
    expect(await look()).toMatchObject({ requeued: 0 });
  });
});

describe('a task past its queue deadline', () => {
  it('ends as expired, in the line or with a job', async () => {
    await living(SELF);
    const ids = [await withJob({ expiresInMs: 1_000 }), await queuedTask(parts, { expiresInMs: 1_000 })];
    await sql(database, "UPDATE postback.tasks SET expires_at = now() - interval '1 s'");
    expect(await look()).toMatchObject({ expired: 2 });
    for (const id of ids) expect(await task(id)).toMatchObject({ status: 'expired', runs: 0 });
    const sent = await sql(database, "SELECT 1 AS n FROM postback.webhook_events WHERE type = 'task.expired' AND task_id = ANY ($1)", [
      ids,
    ]);
    expect(sent).toHaveLength(2);
  });

  it('runs on once it has started, also after an interruption', async () => {
    await living(SELF);
    const { taskId, worker } = await running({ expiresInMs: 60_000 });
    await silent(worker, 21);
    await sql(database, "UPDATE postback.tasks SET expires_at = now() - interval '1 s'");
    expect(await look()).toMatchObject({ interrupted: 1, expired: 0 });
    expect(await claimTask(parts, taskId)).not.toBeNull();
  });
});

const look = () => reconcile({ ...parts, self: SELF, rules: RULES });

const release = () => releaseWithJobs(parts, { perTenant: null, perType: new Map() }, { hands: 10, types: ['echo'], after: '' });

const me = (id: string) => ({ id, roles: ['worker'], version: 'test', masterKeyIds: [] });

async function living(id: string): Promise<void> {
  await heartbeat(parts.database, me(id), RULES);
  await steadyFor(id, 3_600);
}

const steadyFor = (id: string, seconds: number) =>
  sql(database, "UPDATE postback.processes SET steady_since = now() - $2 * interval '1 s' WHERE id = $1", [id, seconds]);

/** Its last sign of life was that long ago. */
const silent = (id: string, seconds: number) =>
  sql(database, "UPDATE postback.processes SET heartbeat_at = now() - $2 * interval '1 s' WHERE id = $1", [id, seconds]);

async function withJob(more: Parameters<typeof queuedTask>[1] = {}): Promise<string> {
  const taskId = await queuedTask(parts, more);
  await release();
  return taskId;
}

/** A task that a living worker runs, by a job it fetched. */
async function running(more: Parameters<typeof queuedTask>[1] = {}): Promise<{ taskId: string; worker: string }> {
  const worker = newId();
  await living(worker);
  const taskId = await withJob(more);
  await parts.queue.fetch('echo', 10);
  await claimTask(parts, taskId, worker);
  return { taskId, worker };
}

async function task(id: string): Promise<object> {
  const [row] = await sql(database, 'SELECT status, runs, interruptions, crashes_in_row, job_id FROM postback.tasks WHERE id = $1', [id]);
  return row!;
}

async function jobStates(taskId: string): Promise<string[]> {
  const rows = await sql<{ state: string }>(database, "SELECT state FROM pgboss.job WHERE data->>'task_id' = $1", [taskId]);
  return rows.map(({ state }) => state);
}
