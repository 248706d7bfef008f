import { expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { call, sql, startService } from '../support/service.js';

it('a service whose pgboss tables are all emptied goes on with what runs and what waits, and boots again', async () => {
  const database = await createTestDatabase();
  const first = await startService(database, { POSTBACK_ROLES: 'api,worker', POSTBACK_WORKER_CONCURRENCY: '2' });
  const runs = await submit(first.url, { delay_ms: 1_000 });
  await eventually(async () => (await stageOf(first.url, runs)) === 'running', 'a task to run');
  await emptyQueue(database);
  const waits = await submit(first.url, {});
  for (const id of [waits, runs]) expect(await ended(first.url, id)).toEqual({ status: 'completed', runs: 1 });
  await emptyQueue(database);
  await first.stop();

  const second = await startService(database, { POSTBACK_ROLES: 'api,worker' });
  expect(await ended(second.url, await submit(second.url, {}))).toEqual({ status: 'completed', runs: 1 });
  await second.stop();
  await database.drop();
}, 60_000);

async function emptyQueue(database: TestDatabase): Promise<void> {
  const [row] = await sql<{ tables: string }>(
    database,
    "SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') AS tables FROM pg_tables WHERE schemaname = 'pgboss'",
  );
  await sql(database, `TRUNCATE ${row!.tables}`);
}

const submit = async (url: string, body: object): Promise<string> => (await call('POST', `${url}/agent/echo`, { body })).body.task_id;

const stageOf = async (url: string, id: string): Promise<string> => (await call('GET', `${url}/tasks/${id}`)).body.stage;

async function ended(url: string, id: string): Promise<object> {
  const { status, runs } = (await call('GET', `${url}/tasks/${id}?wait=20`)).body;
  return { status, runs };
}
