import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type FreeHands, type Released, type RunLimits, releaseTasks } from '../../src/execution/release-tasks.js';
import { newId } from '../../src/platform/ids.js';
import { retryTask } from '../../src/tasks/retry-task.js';
import { submitTasks } from '../../src/tasks/submit-tasks.js';
import { HeldLock } from '../support/held-lock.js';
import { claimTask, openParts, type Parts, queuedTask, releaseWithJobs, submission } from '../support/parts.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { sql } from '../support/service.js';

let database: TestDatabase;
let parts: Parts;
const NONE: RunLimits = { perTenant: null, perType: new Map() };

beforeAll(async () => {
  database = await createTestDatabase();
  parts = await openParts(database);
  await parts.queue.start(['analyze-document']);
});

afterEach(() => sql(database, 'TRUNCATE postback.tasks CASCADE'));

afterAll(async () => {
  await parts?.close();
  await database?.drop();
});

describe('the lines of tenants', () => {
  it('give way to a single task of somebody else at once, however long they are', async () => {
    await lineUp('a', 3_000);
    await lineUp('c', 3_000);
    let last = await release({ hands: 4 });
    await lineUp('b', 1);
    last = await release({ hands: 1, after: last.after });
    expect(await withJobs()).toEqual({ a: 2, b: 1, c: 2 });
  });

  it('have a place for a task that is done again as well', async () => {
    await lineUp('a', 1);
    await release({ hands: 1 });
    const [old] = await tasksWithJobs();
    await finish('a');
    const again = newId();
    await retryTask(parts.database, { taskId: again, tenant: 'a', retriedFrom: old!, idempotency: null, response: '' });
    expect(await withJobs()).toEqual({});
    await release({ hands: 1 });
    expect(await tasksWithJobs()).toEqual([again]);
  });

  it('are not kept shut by a worker that falls silent in the middle of a release', async () => {
    const waitsFor = await parts.database.transaction(async (tx) => {
      await releaseTasks(tx, NONE, { hands: 1, types: ['echo'], after: '' });
      const { rows } = await tx.query<{ idle_in_transaction_session_timeout: string }>('SHOW idle_in_transaction_session_timeout');
      return rows[0]!.idle_in_transaction_session_timeout;
    });
    expect(waitsFor).toBe('5s');
  });

  it('are emptied where there are hands for everybody, of all that is due and has a worker', async () => {
    await lineUp('a', 3);
    await lineUp('b', 2);
    await lineUp('b', 1, 'analyze-document');
    await lineUp('c', 1);
    await sql(database, "UPDATE postback.tasks SET next_run_at = now() + interval '1 hour' WHERE tenant = 'c'");
    const lock = await HeldLock.take(
      database,
      "SELECT FROM postback.tasks WHERE id = (SELECT min(id::text)::uuid FROM postback.tasks WHERE tenant = 'a') FOR UPDATE",
    );
    const beside = await release({ hands: 7, after: 'b' });
    const had = await withJobs();
    await lock.release();
    expect([beside, had]).toMatchObject([
      { count: 4, after: 'b', more: false },
      { a: 2, b: 2 },
    ]);
    expect(await release({ hands: 7 })).toMatchObject({ count: 1 });
    expect(await withJobs()).toEqual({ a: 3, b: 2 });
  });

  it('leave all hands to whoever is alone', async () => {
    await lineUp('a', 10);
    expect(await release({ hands: 7 })).toMatchObject({ count: 7 });
    expect(await withJobs()).toEqual({ a: 7 });
  });

  it('share hands equally, also with one who has many running already', async () => {
    await lineUp('a', 100);
    await release({ hands: 6 });
    await lineUp('b', 100);
    await lineUp('c', 2);
    await release({ hands: 6 });
    expect(await withJobs()).toEqual({ a: 6, b: 4, c: 2 });
  });

  it('take turns where there is one hand', async () => {
    await lineUp('a', 50);
    await lineUp('b', 50);
    await lineUp('c', 50);
    const order: string[] = [];
    let after = '';
    for (let turn = 0; turn < 6; turn += 1) {
      ({ after } = await release({ hands: 1, after }));
      order.push(after);
      await finish();
    }
    expect(order).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
  });

  it('are served first come first', async () => {
    const first = await queuedTask(parts, { tenant: 'a' });
    await lineUp('a', 20);
    await release({ hands: 1 });
    expect(await tasksWithJobs()).toEqual([first]);
  });

  it('are all asked in the end, more tenants than one turn asks', async () => {
    const tenants = Array.from({ length: 120 }, (_, n) => `tenant-${String(n).padStart(3, '0')}`);
    await submitAll(tenants);
    let after = '';
    for (let turn = 0; turn < 40; turn += 1) ({ after } = await release({ hands: 3, after }));
    expect(Object.keys(await withJobs())).toEqual(tenants);
  });

  it('are passed over while nothing in them is due', async () => {
    await submitAll(Array.from({ length: 60 }, (_, n) => `tenant-${String(n).padStart(3, '0')}`));
    await sql(database, "UPDATE postback.tasks SET next_run_at = now() + interval '1 hour' WHERE tenant <> 'tenant-059'");
    const first = await release({ hands: 1 });
    expect(first).toMatchObject({ count: 0, more: true });
    expect(await release({ hands: 1, after: first.after })).toMatchObject({ count: 1 });
    expect(await withJobs()).toEqual({ 'tenant-059': 1 });
  });

  it('do not wait for a task whose row somebody holds locked', async () => {
    const locked = await queuedTask(parts, { tenant: 'a' });
    const next = await queuedTask(parts, { tenant: 'a' });
    const lock = await HeldLock.take(database, 'SELECT FROM postback.tasks WHERE id = $1 FOR UPDATE', [locked]);
    expect(await release({ hands: 1 })).toMatchObject({ count: 1 });
    expect(await tasksWithJobs()).toEqual([next]);
    await lock.release();
  });
});

describe('limits of what runs at once', () => {
  it('hold for a tenant over everything that has a job or runs, and leave the rest to others', async () => {
    await lineUp('a', 20);
    await lineUp('b', 20);
    const limits = { ...NONE, perTenant: 3 };
    await release({ hands: 2 }, limits);
    const [running] = await tasksWithJobs();
    await claimTask(parts, running!);
    await Promise.all([release({ hands: 10 }, limits), release({ hands: 10 }, limits)]);
    expect(await withJobs()).toEqual({ a: 3, b: 3 });
    await finish('a');
    expect(await release({ hands: 10 }, limits)).toMatchObject({ count: 3 });
    expect(await withJobs()).toEqual({ a: 3, b: 3 });
  });

  it('hold also when two workers release at the same time: one waits until the other has committed', async () => {
    await lineUp('a', 20);
    const limits = { ...NONE, perTenant: 3 };
    const [released, commit] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const first = parts.database.transaction(async (tx) => {
      const { tasks } = await releaseTasks(tx, limits, { hands: 10, types: ['echo'], after: '' });
      released.resolve();
      await commit.promise;
      return tasks.length;
    });
    await released.promise;
    const second = release({ hands: 10 }, limits);
    const watching = await HeldLock.take(database, 'SELECT 1');
    await watching.blocked(1);
    commit.resolve();
    expect([await first, (await second).count]).toEqual([3, 0]);
    await watching.release();
  });

  it('hold for a type, which does not hold up the others', async () => {
    await lineUp('a', 10);
    await lineUp('b', 10);
    await lineUp('a', 10, 'analyze-document');
    await release({ hands: 8, types: ['echo', 'analyze-document'] }, { perTenant: null, perType: new Map([['echo', 2]]) });
    const rows = await sql(database, 'SELECT type, count(*)::int AS n FROM postback.tasks WHERE job_id IS NOT NULL GROUP BY 1 ORDER BY 1');
    expect(rows).toEqual([
      { type: 'analyze-document', n: 6 },
      { type: 'echo', n: 2 },
    ]);
  });
});

async function release(free: Partial<FreeHands>, limits = NONE): Promise<Released & { count: number }> {
  return releaseWithJobs(parts, limits, { hands: 1, types: ['echo'], after: '', ...free });
}

const lineUp = (tenant: string, count: number, type = 'echo') => submitAll(Array(count).fill(tenant), type);

async function submitAll(tenants: readonly string[], type = 'echo'): Promise<void> {
  const tasks = tenants.map((tenant) => submission({ tenant, type, webhook: null }));
  await submitTasks(parts.database, parts, tasks);
}

/** As if everything that has a job had run. */
async function finish(tenant = '%'): Promise<void> {
  await sql(
    database,
    "UPDATE postback.tasks SET status = 'completed', finished_at = now(), run_token = NULL WHERE job_id IS NOT NULL AND tenant LIKE $1",
    [tenant],
  );
}

/** How many of each tenant have a job or run, and that each has the job that pg-boss knows. */
async function withJobs(): Promise<Record<string, number>> {
  const rows = await sql<{ tenant: string; n: number; sent: number }>(
    database,
    `SELECT tenant, count(*)::int AS n, count(j.id)::int AS sent
       FROM postback.tasks t LEFT JOIN pgboss.job j ON j.id = t.job_id AND j.data->>'task_id' = t.id::text
      WHERE job_id IS NOT NULL AND finished_at IS NULL GROUP BY 1 ORDER BY 1`,
  );
  expect(rows.filter(({ n, sent }) => n !== sent)).toEqual([]);
  return Object.fromEntries(rows.map(({ tenant, n }) => [tenant, n]));
}

async function tasksWithJobs(): Promise<string[]> {
  const rows = await sql<{ id: string }>(
    database,
    'SELECT id FROM postback.tasks WHERE job_id IS NOT NULL AND finished_at IS NULL ORDER BY id',
  );
  return rows.map(({ id }) => id);
}
