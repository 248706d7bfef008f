import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Config } from '../../src/config/config.js';
import type { Clock } from '../../src/platform/clock.js';
import type { Database } from '../../src/platform/database/database.js';
import { QueueRoom } from '../../src/tasks/queue-room.js';
import { openParts, type Parts, queuedTask } from '../support/parts.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { sql } from '../support/service.js';

const MOST = 3;

let database: TestDatabase;
let parts: Parts;
let now: number;
let counts: number;
let broken: boolean;
let room: QueueRoom;

beforeAll(async () => {
  database = await createTestDatabase();
  parts = await openParts(database);
});

beforeEach(async () => {
  await sql(database, 'DELETE FROM postback.tasks');
  [now, counts, broken] = [1_000, 0, false];
  const counting = {
    query: (text: string, values: unknown[]) => {
      counts += 1;
      if (broken) return Promise.reject(new Error('Connection terminated unexpectedly'));
      return parts.database.query(text, values);
    },
  } as unknown as Database;
  room = new QueueRoom({ tasks: { maxQueued: MOST } } as Config, counting, { monotonic: () => now } as Clock);
});

afterAll(async () => {
  await parts?.close();
  await database?.drop();
});

const taken = (tenant: string) =>
  room.take(tenant).then(
    () => 'taken',
    (problem) => problem.code,
  );

describe('the room in the queue', () => {
  it('is counted once for many submits that come together, and never exceeded by them', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => taken('acme')));
    expect(answers.filter((answer) => answer === 'taken')).toHaveLength(MOST);
    expect(new Set(answers)).toEqual(new Set(['taken', 'queue_full']));
    expect(counts).toBe(1);
  });

  it('counts what waits already, of this tenant only, and says when to come back', async () => {
    for (let n = 0; n < MOST; n += 1) await queuedTask(parts, { tenant: 'acme' });
    await expect(room.take('acme')).rejects.toMatchObject({ status: 429, code: 'queue_full', more: { headers: { 'retry-after': '5' } } });
    expect(await taken('other')).toBe('taken');
  });

  it('is there again once tasks have left the line', async () => {
    for (let n = 0; n < MOST; n += 1) await queuedTask(parts, { tenant: 'acme' });
    expect(await taken('acme')).toBe('queue_full');
    await sql(database, 'DELETE FROM postback.tasks');
    now += 999;
    expect(await taken('acme')).toBe('queue_full'); // not asked again yet
    now += 1;
    expect(await taken('acme')).toBe('taken');
    expect(counts).toBe(2);
  });

  it('lets a submit pass, and the process live, when it cannot be counted again just now', async () => {
    expect(await taken('acme')).toBe('taken');
    broken = true;
    now += 1_000;
    expect(await taken('acme')).toBe('taken');
    await new Promise(setImmediate); // a rejection that nobody hears fails this test, as it would end the process
    expect(counts).toBe(2);
    broken = false;
    expect(await taken('acme')).toBe('taken');
  });

  it('is counted from the index alone', async () => {
    await sql(
      database,
      `INSERT INTO postback.tasks (id, tenant, type, input, timeout_ms, job_id)
      SELECT gen_random_uuid(), CASE WHEN n % 500 = 0 THEN 'acme' ELSE 'other ' || n END, 'echo', '{}', 1000, gen_random_uuid() FROM generate_series(1, 10000) n`,
    );
    await sql(database, 'VACUUM ANALYZE postback.tasks');
    const plan = await sql<{ 'QUERY PLAN': string }>(
      database,
      `EXPLAIN SELECT count(*) FROM (SELECT FROM postback.tasks t WHERE t.tenant = 'acme' AND t.status = 'queued' LIMIT 100) n`,
    );
    expect(plan.map((row) => row['QUERY PLAN']).join('\n')).toContain('Index Only Scan using tasks_queued_by_tenant');
  });
});
