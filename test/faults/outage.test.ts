import { expect, it } from '@jest/globals';
import { CuttableProxy } from '../support/cuttable-proxy.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { call, ServiceProcess, sql, startService } from '../support/service.js';

const LOST_MS = 1_500;

it('an outage of the database longer than a silence that counts as death takes no run away from workers that live, and hides none that died', async () => {
  const database = await createTestDatabase();
  const { proxy, url } = await CuttableProxy.before(database.url);
  const settings = { POSTBACK_HEARTBEAT_MS: '300', POSTBACK_PROCESS_LOST_MS: String(LOST_MS) };
  const front = await startService(database, { ...settings, POSTBACK_ROLES: 'api' });
  const start = () =>
    ServiceProcess.start({ ...database, url }, { ...settings, POSTBACK_ROLES: 'worker', POSTBACK_WORKER_CONCURRENCY: '1' });
  const workers = await Promise.all([start(), start(), start()]);
  const ids = await Promise.all(workers.map(() => submit(front.url)));
  await eventually(async () => (await runs(database)).every(({ status }) => status === 'running'), 'all to run');
  const before = await runs(database);
  expect(new Set(before.map(({ worker_id }) => worker_id)).size).toBe(3);

  await proxy.cut();
  const dead = before.find(({ pid }) => pid === workers[2]!.child.pid)!.id;
  await workers[2]!.stop('SIGKILL');
  await eventually(async () => (await silence(database)) > LOST_MS, 'a silence that counts as death');
  await proxy.restore();

  // whoever judges now has been silent itself; the dead one is noticed once the living have had their time
  await eventually(async () => (await runs(database)).find(({ id }) => id === dead)!.interruptions === 1, 'the dead one to be noticed');
  const living = (all: Run[]) => all.filter(({ id }) => id !== dead);
  expect(living(await runs(database))).toEqual(living(before));
  for (const id of ids) await call('POST', `${front.url}/tasks/${id}/cancel`);
  await eventually(async () => (await runs(database)).every(({ status }) => status === 'canceled'), 'all to hear of their cancel');
  expect(living(await runs(database)).map(({ interruptions }) => interruptions)).toEqual([0, 0]);
  await front.stop();
  await proxy.cut();
  await Promise.all(workers.map((worker) => worker.stop('SIGKILL')));
  await database.drop();
}, 120_000);

interface Run {
  id: string;
  status: string;
  interruptions: number;
  run_token: string | null;
  worker_id: string;
  pid: number | null;
}

async function submit(url: string): Promise<string> {
  return (await call('POST', `${url}/agent/echo`, { body: { delay_ms: 600_000 } })).body.task_id;
}

const runs = (database: TestDatabase) =>
  sql<Run>(
    database,
    `SELECT t.id, t.status, t.interruptions, t.run_token, t.worker_id, p.pid
       FROM postback.tasks t LEFT JOIN postback.processes p ON p.id = t.worker_id ORDER BY t.id`,
  );

/** Of the workers, the one heard of last; ms by the database's clock. */
async function silence(database: TestDatabase): Promise<number> {
  const [row] = await sql<{ ms: number }>(
    database,
    "SELECT (1000 * extract(epoch FROM clock_timestamp() - max(heartbeat_at)))::int AS ms FROM postback.processes WHERE 'worker' = ANY (roles)",
  );
  return row!.ms;
}
