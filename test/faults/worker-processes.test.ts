import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Running } from '../../src/boot.js';
import { StreamClient } from '../support/event-stream.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { Receiver } from '../support/receiver.js';
import { call, ServiceProcess, sql, startService } from '../support/service.js';

/** Tasks that wait at once; a stall would show with any number beyond the hands of the workers. `TEST_BACKLOG=10000` tries more. */
const BACKLOG = Number(process.env.TEST_BACKLOG ?? 1_000);
const BACKLOG_MS = 20_000 + 20 * BACKLOG;

let database: TestDatabase;
let receiver: Receiver;
let front: Running & { url: string };
let second: ServiceProcess;
let workers: ServiceProcess[];

beforeAll(async () => {
  database = await createTestDatabase();
  receiver = await Receiver.start(200);
  front = await startService(database, { POSTBACK_ROLES: 'api,dispatcher' });
  const api = ServiceProcess.start(database, { POSTBACK_ROLES: 'api' }, 'file');
  workers = await Promise.all([startWorker(), startWorker()]);
  second = await api;
}, 120_000);

// which processes live depends on the one before: they go in the order written
describe('workers in processes of their own', () => {
  it('stand in the table of processes beside the others, several of a role', async () => {
    const dispatcher = await ServiceProcess.start(database, { POSTBACK_ROLES: 'dispatcher' });
    const rows = await sql(
      database,
      "SELECT array_to_string(roles, '+') AS does, count(*)::int AS n FROM postback.processes GROUP BY 1 ORDER BY 1",
    );
    expect(rows).toEqual([
      { does: 'api', n: 1 },
      { does: 'api+dispatcher', n: 1 },
      { does: 'dispatcher', n: 1 },
      { does: 'worker', n: 2 },
    ]);
    expect(await dispatcher.stop()).toBe(0);
    await eventually(async () => (await sql(database, 'SELECT FROM postback.processes')).length === 4, 'the stopped one to sign off');
  });

  it('make one task of a key that two APIs get at the same time', async () => {
    const keys = Array.from({ length: 20 }, (_, n) => `at-both-${n}`);
    const pairs = await Promise.all(
      keys.map((key) =>
        Promise.all(
          [front.url, second.url].map((url) =>
            call('POST', `${url}/agent/echo`, { body: { payload: key }, headers: { 'idempotency-key': key } }),
          ),
        ),
      ),
    );
    for (const [one, other] of pairs) {
      expect([one!.status, other!.status]).toEqual([202, 202]);
      expect([one!.text, one!.headers.get('location')]).toEqual([other!.text, other!.headers.get('location')]);
      expect([one!, other!].filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(1);
    }
    const ids = new Set(pairs.map(([one]) => one!.body.task_id));
    expect(ids.size).toBe(keys.length);
    const made = await sql(database, "SELECT id FROM postback.tasks WHERE input->>'payload' LIKE 'at-both-%'");
    expect(made).toHaveLength(keys.length);
  });

  it('hear of a cancel at once, and the webhook says canceled; an API that runs nothing streams and cancels as well', async () => {
    const taskId = await submit({ delay_ms: 600_000 });
    const stream = await StreamClient.open(`${second.url}/tasks/${taskId}/events`);
    await stream.until(({ events }) => events.some(({ event }) => event === 'task.started'));
    const { status, body } = await call('POST', `${second.url}/tasks/${taskId}/cancel`);
    expect([status, body.stage]).toEqual([202, 'canceling']);
    await stream.ended;
    expect(stream.events.map(({ event }) => event)).toEqual(['task.started', 'task.canceled']);
    expect(await outcome(taskId)).toMatchObject({ status: 'canceled', runs: 0, told: ['canceled'] });
  });

  it('take over from one that is killed within a step, and do not repeat what was finished', async () => {
    const taskId = await submit({ delay_ms: 2_100, steps: 3 });
    const successors: Promise<void>[] = [];
    for (const finished of [1, 2]) {
      await eventually(async () => (await stepsOf(taskId)).length === finished, `step ${finished} to be finished`);
      successors.push(kill(await runnerOf(taskId)));
    }
    await Promise.all(successors);
    await ended(taskId);
    expect((await stepsOf(taskId)).map(({ result }) => result.interruptions)).toEqual([0, 1, 2]);
    expect(await outcome(taskId)).toEqual({ status: 'completed', runs: 1, interruptions: 2, told: ['completed'] });
  }, 60_000);

  it('take over from one that is stopped, which writes nothing when it goes on', async () => {
    const taskId = await submit({ delay_ms: 1_500, steps: 3, progress_steps: 3 });
    await eventually(async () => (await stepsOf(taskId)).length === 1, 'the first step to be finished');
    const stopped = await runnerOf(taskId);
    stopped.child.kill('SIGSTOP');
    await ended(taskId);
    const before = await everything(taskId);
    stopped.child.kill('SIGCONT');
    // it works again: it is heard of, and takes a task
    const next = await submitUntilRunBy(stopped);
    await ended(next);
    expect(await everything(taskId)).toEqual(before);
    expect((await stepsOf(taskId)).map(({ result }) => result.interruptions)).toEqual([0, 1, 1]);
    expect(await outcome(taskId)).toEqual({ status: 'completed', runs: 1, interruptions: 1, told: ['completed'] });
  }, 60_000);

  it('finish what is short at SIGTERM and give back what is long, at once and charged to nobody', async () => {
    const long = await submit({ delay_ms: 3_000, steps: 2 });
    await started(long);
    const leaving = await runnerOf(long);
    const stop = leaving.stop('SIGTERM');
    await eventually(async () => (await outcome(long)).interruptions === 1, 'the long run to be put back');
    expect(await stop).toBe(0);
    workers[workers.indexOf(leaving)] = await startWorker();
    await ended(long);
    expect(await outcome(long)).toEqual({ status: 'completed', runs: 1, interruptions: 1, told: ['completed'] });
    expect(await sql(database, 'SELECT crashes_in_row FROM postback.tasks WHERE id = $1', [long])).toEqual([{ crashes_in_row: 0 }]);
  }, 60_000);

  it('go on when Postgres ends their connections in the middle of a run', async () => {
    const taskId = await submit({ delay_ms: 600, steps: 6, progress_steps: 6 });
    await started(taskId);
    for (let step = 1; step <= 3; step += 1) {
      await eventually(async () => (await stepsOf(taskId)).length >= step, `step ${step} to be finished`);
      await sql(
        database,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name IN ('postback worker', 'postback queue', 'postback wake-ups')",
      );
    }
    await ended(taskId);
    expect(await outcome(taskId)).toEqual({ status: 'completed', runs: 1, interruptions: 0, told: ['completed'] });
  }, 60_000);

  it(
    'empty a backlog without a stall while their jobs are all deleted, and let a single task of another tenant through',
    async () => {
      await sql(
        database,
        `INSERT INTO postback.tasks (id, tenant, type, input, timeout_ms)
       SELECT gen_random_uuid(), 'busy', 'echo', '{"delay_ms":5}', 60000 FROM generate_series(1, $1)`,
        [BACKLOG],
      );
      const single = await submit({});
      await ended(single);
      const [left] = await sql<{ n: number }>(
        database,
        "SELECT count(*)::int AS n FROM postback.tasks WHERE tenant = 'busy' AND finished_at IS NULL",
      );
      expect(left!.n).toBeGreaterThan(BACKLOG / 2);
      await sql(database, 'DELETE FROM pgboss.job');
      await eventually(
        async () => (await sql(database, "SELECT FROM postback.tasks WHERE tenant = 'busy' AND finished_at IS NULL LIMIT 1")).length === 0,
        'the backlog to be empty',
        BACKLOG_MS,
      );
      const runs = await sql(
        database,
        `SELECT status, runs, interruptions, starts, count(*)::int AS n
         FROM postback.tasks t, LATERAL (SELECT count(*)::int AS starts FROM postback.task_events e WHERE e.task_id = t.id AND e.type = 'task.started') e
        WHERE tenant = 'busy' GROUP BY 1, 2, 3, 4`,
      );
      expect(runs).toEqual([{ status: 'completed', runs: 1, interruptions: 0, starts: 1, n: BACKLOG }]);
    },
    20_000 + BACKLOG_MS,
  );
});

afterAll(async () => {
  await Promise.all(workers?.map((worker) => worker.stop('SIGKILL')) ?? []);
  await second?.stop('SIGKILL');
  await front?.stop();
  await receiver?.stop();
  await database?.drop();
}, 60_000);

const startWorker = () =>
  ServiceProcess.start(database, { POSTBACK_ROLES: 'worker', POSTBACK_WORKER_CONCURRENCY: '4', POSTBACK_SHUTDOWN_GRACE_MS: '300' }, 'file');

async function submit(input: object): Promise<string> {
  const answer = await call('POST', `${front.url}/agent/echo`, {
    body: { ...input, webhook_url: receiver.url(), webhook_secret: 'a secret for tests' },
  });
  expect(answer.status).toBe(202);
  return answer.body.task_id;
}

const started = (taskId: string) =>
  eventually(
    async () => (await sql(database, "SELECT FROM postback.tasks WHERE id = $1 AND status = 'running'", [taskId])).length > 0,
    'its start',
  );

const ended = (taskId: string) =>
  eventually(
    async () => (await sql(database, 'SELECT FROM postback.tasks WHERE id = $1 AND finished_at IS NOT NULL', [taskId])).length > 0,
    'its end',
  );

/** The process that runs a task now. */
async function runnerOf(taskId: string): Promise<ServiceProcess> {
  return eventually(async () => {
    const [row] = await sql<{ pid: number }>(
      database,
      "SELECT p.pid FROM postback.tasks t JOIN postback.processes p ON p.id = t.worker_id WHERE t.id = $1 AND t.status = 'running'",
      [taskId],
    );
    return workers.find((worker) => worker.child.pid === row?.pid);
  }, 'a worker to run it');
}

/** Kills it and puts another in its place. */
async function kill(worker: ServiceProcess): Promise<void> {
  expect(await worker.stop('SIGKILL')).toBe('SIGKILL');
  workers[workers.indexOf(worker)] = await startWorker();
}

/** The id of a task that this process has run. */
async function submitUntilRunBy(worker: ServiceProcess): Promise<string> {
  return eventually(async () => {
    const taskId = await submit({});
    await ended(taskId);
    const [row] = await sql<{ pid: number }>(
      database,
      'SELECT p.pid FROM postback.tasks t JOIN postback.processes p ON p.id = t.worker_id WHERE t.id = $1',
      [taskId],
    );
    return row?.pid === worker.child.pid ? taskId : null;
  }, 'the process to work again');
}

async function stepsOf(taskId: string): Promise<{ result: { run: number; interruptions: number } }[]> {
  return sql(database, 'SELECT result::json AS result FROM postback.task_steps WHERE task_id = $1 ORDER BY name', [taskId]);
}

/** How it ended, once the receiver has been told; `told` is all that the receiver heard of it, event by event. */
async function outcome(taskId: string): Promise<{ status: string; runs: number; interruptions: number; told: string[] }> {
  const [task] = await sql<{ status: string; runs: number; interruptions: number; finished_at: Date | null }>(
    database,
    'SELECT status, runs, interruptions, finished_at FROM postback.tasks WHERE id = $1',
    [taskId],
  );
  const { finished_at, ...rest } = task!;
  const heard = () => receiver.received.map(({ body }) => JSON.parse(body.toString())).filter((body) => body.task_id === taskId);
  if (finished_at !== null) await eventually(async () => heard().length > 0, 'the webhook');
  return { ...rest, told: heard().map(({ status }) => status) };
}

/** All that is written about a task, to the byte. */
async function everything(taskId: string): Promise<string> {
  const [row] = await sql<{ all: string }>(
    database,
    `SELECT concat_ws(' ', to_json(t)::text, (SELECT json_agg(e ORDER BY seq) FROM postback.task_events e WHERE task_id = t.id)::text,
                      (SELECT json_agg(s ORDER BY name) FROM postback.task_steps s WHERE task_id = t.id)::text,
                      (SELECT json_agg(w) FROM postback.webhook_events w WHERE task_id = t.id)::text) AS all
       FROM postback.tasks t WHERE id = $1`,
    [taskId],
  );
  return row!.all;
}
