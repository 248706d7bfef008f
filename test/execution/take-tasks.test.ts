import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunLimits } from '../../src/execution/release-tasks.js';
import { takeTasks } from '../../src/execution/take-tasks.js';
import { ConnectionLost, type Database } from '../../src/platform/database/database.js';
import { newId } from '../../src/platform/ids.js';
import { openParts, type Parts, queuedTask, releaseWithJobs } from '../support/parts.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { sql } from '../support/service.js';

const NONE: RunLimits = { perTenant: null, perType: new Map() };
const HANDS = { hands: 2, types: ['echo'], after: '' };
const workerId = newId();
let database: TestDatabase;
let parts: Parts;

beforeAll(async () => {
  database = await createTestDatabase();
  parts = await openParts(database);
});

afterEach(() => sql(database, 'TRUNCATE postback.tasks CASCADE; DELETE FROM pgboss.job'));

afterAll(async () => {
  await parts?.close();
  await database?.drop();
});

describe('taking tasks out of the lines', () => {
  it('claims their runs and takes their jobs in the same commit', async () => {
    const ids = [await queuedTask(parts), await queuedTask(parts), await queuedTask(parts)];
    const taken = await take();
    expect(taken.runs.map(({ taskId }) => taskId).sort()).toEqual(ids.slice(0, 2));
    expect(taken.strays).toEqual([]);
    expect(await states()).toEqual([
      { status: 'running', worker_id: workerId, token: taken.runs.find(({ taskId }) => taskId === ids[0])!.runToken, job: 'active' },
      { status: 'running', worker_id: workerId, token: taken.runs.find(({ taskId }) => taskId === ids[1])!.runToken, job: 'active' },
      { status: 'queued', worker_id: null, token: null, job: null },
    ]);
    const events = await sql(database, 'SELECT count(DISTINCT xmin::text)::int AS commits, count(*)::int AS n FROM postback.task_events');
    expect(events).toEqual([{ commits: 1, n: 2 }]);
  });

  it('hands over a job that somebody left behind, and runs its own all the same', async () => {
    const left = await queuedTask(parts, { tenant: 'a' });
    await releaseWithJobs(parts, NONE, { ...HANDS, hands: 1 });
    const own = await queuedTask(parts, { tenant: 'b' });
    const taken = await take();
    expect(taken.runs.map(({ taskId }) => taskId)).toEqual([own]);
    expect(taken.strays.map(({ data, type }) => [data.task_id, type])).toEqual([[left, 'echo']]);
  });

  it('leaves a task past its queue deadline to its end', async () => {
    await queuedTask(parts, { expiresInMs: 1_000 });
    await sql(database, "UPDATE postback.tasks SET expires_at = now() - interval '1 s'");
    const taken = await take();
    expect([taken.tasks.length, taken.runs]).toEqual([1, []]);
    expect(await states()).toMatchObject([{ status: 'queued' }]);
  });

  it('knows its runs when the COMMIT is carried out and its answer lost', async () => {
    const id = await queuedTask(parts);
    const taken = await take(forgetful(parts.database));
    expect(taken.runs.map(({ taskId }) => taskId)).toEqual([id]);
    expect(await states()).toMatchObject([{ status: 'running', token: taken.runs[0]!.runToken }]);
  });

  it('has nothing when the transaction was undone, and the tasks stand where they stood', async () => {
    const id = await queuedTask(parts);
    const taken = await take(broken(parts.database));
    expect(taken.runs).toEqual([]);
    expect(await states()).toEqual([{ status: 'queued', worker_id: null, token: null, job: null }]);
    expect((await take()).runs.map(({ taskId }) => taskId)).toEqual([id]);
  });

  it('leaves all where they stood when there is no queue for the job of one', async () => {
    await queuedTask(parts, { type: 'analyze-document' });
    await queuedTask(parts);
    await expect(take(parts.database, ['echo', 'analyze-document'])).rejects.toThrow('Queue agent.analyze-document does not exist');
    const stood = { status: 'queued', worker_id: null, token: null, job: null };
    expect(await states()).toEqual([stood, stood]);
  });
});

const take = (through: Database = parts.database, types: readonly string[] = HANDS.types) =>
  takeTasks({ database: through, queue: parts.queue, workerId, insist: (write) => write() }, NONE, { ...HANDS, types });

type Pipelined = Parameters<Database['pipelined']>[0];

/** Carries out the commit and loses its answer. */
const forgetful = (real: Database) =>
  ({
    query: real.query.bind(real),
    pipelined: async (work: Pipelined) => {
      await real.pipelined(work);
      throw new ConnectionLost(null);
    },
  }) as unknown as Database;

/** Loses its connection before the commit. */
const broken = (real: Database) =>
  ({
    query: real.query.bind(real),
    pipelined: (work: Pipelined) =>
      real.pipelined(async (tx) => {
        await work({ ...tx, last: tx.query });
        throw new ConnectionLost(null);
      }),
  }) as unknown as Database;

const states = () =>
  sql(
    database,
    `SELECT t.status, t.worker_id, t.run_token AS token, j.state AS job
       FROM postback.tasks t LEFT JOIN pgboss.job j ON j.id = t.job_id ORDER BY t.id`,
  );
