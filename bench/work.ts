import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { PgBoss } from 'pg-boss';
import type { Options } from './support/options.js';
import { connect, startPostgres } from './support/postgres.js';
import { tell } from './support/progress.js';
import { compare, pairTable, type Report, round } from './support/report.js';
import { startService } from './support/service.js';
import { alternate } from './support/statistics.js';

const HANDS = 32;

/** How many echo tasks one worker process brings from queued to completed in a second, against pg-boss' own `work()` with a handler that does nothing. */
export async function run(options: Options): Promise<Report> {
  const tasks = options.rows ?? (options.quick ? 200 : 3_000);
  const rounds = options.rounds ?? (options.quick ? 1 : 7);
  const postgres = await startPostgres(options);
  const databaseUrl = await postgres.createDatabase('work');
  const client = await connect(databaseUrl);
  const worker = await startService({ databaseUrl, roles: 'worker', more: { POSTBACK_WORKER_CONCURRENCY: String(HANDS) } }, options);
  const bare = await startBare(databaseUrl);
  const pairs = await alternate(
    rounds,
    () => drainTasks(client, tasks),
    () => bare.drain(tasks),
    (n, pair) => tell(`work ${n}/${rounds}: ${round(pair.ours)} tasks/s, bare ${round(pair.baseline)} jobs/s`),
  );
  await worker.stop();
  await bare.stop();
  await client.end();
  const summary = { ...compare('work', 'tasks/s', pairs, {}), pass: true };
  const what = `${tasks} echo tasks of one tenant without a webhook, one worker with ${HANDS} hands, from the first start to the last end; pg-boss \`work()\` with as many hands.`;
  return { summary, lines: pairTable(what, { ours: 'tasks/s', baseline: 'bare work() jobs/s' }, pairs, summary) };
}

async function drainTasks(client: pg.Client, count: number): Promise<number> {
  await client.query('TRUNCATE postback.tasks CASCADE');
  await client.query(
    `INSERT INTO postback.tasks (id, tenant, type, input, timeout_ms)
     SELECT gen_random_uuid(), 'default', 'echo', '{"payload":{"hello":"world"}}', 60000 FROM generate_series(1, $1)`,
    [count],
  );
  await client.query("SELECT pg_notify('postback_wake_up', 'task-queued bench')");
  for (;;) {
    const { rows } = await client.query<{ left: number; seconds: number }>(
      `SELECT count(*) FILTER (WHERE finished_at IS NULL)::int AS left,
              extract(epoch FROM max(finished_at) - min(started_at))::float8 AS seconds FROM postback.tasks`,
    );
    if (rows[0]!.left === 0) return count / rows[0]!.seconds;
    await delay(50);
  }
}

/** With polling as fast as it allows and a fresh batch as soon as one is done; NOTIFY would leave a backlog standing. */
async function startBare(url: string): Promise<{ drain(count: number): Promise<number>; stop(): Promise<void> }> {
  const boss = new PgBoss({ connectionString: url, schedule: false, supervise: false });
  boss.on('error', () => {});
  await boss.start();
  await boss.createQueue('bare', { retryLimit: 0 });
  let left = 0;
  let done: () => void = () => {};
  await boss.work('bare', { batchSize: HANDS, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true }, async (jobs) => {
    left -= jobs.length;
    if (left <= 0) done();
  });
  return {
    async drain(count) {
      const ended = new Promise<void>((resolve) => {
        done = resolve;
      });
      left = count;
      const startedAt = performance.now();
      await boss.insert(
        'bare',
        Array.from({ length: count }, () => ({ data: {} })),
      );
      await ended;
      return (count * 1_000) / (performance.now() - startedAt);
    },
    stop: () => boss.stop({ graceful: false }),
  };
}
