import { describe, expect, it } from '@jest/globals';
import { Queue } from '../../src/platform/queue/queue.js';
import { CuttableProxy } from '../support/cuttable-proxy.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase } from '../support/postgres.js';
import { Receiver } from '../support/receiver.js';
import { call, ServiceProcess, sql } from '../support/service.js';

const SUBMITS = 150;

describe('a service whose database connections are ended at any moment', () => {
  it('lives, refuses with 503 alone, and brings every task it accepted to its webhook', async () => {
    const database = await createTestDatabase();
    const receiver = await Receiver.start(200);
    const service = await ServiceProcess.start(database, { POSTBACK_WORKER_CONCURRENCY: '16' });
    const submits: Promise<{ status: number; id: string }>[] = [];
    const submit = async () => {
      const { status, body } = await call('POST', `${service.url}/agent/echo`, {
        body: { delay_ms: 5, progress_steps: 2, webhook_url: receiver.url(), webhook_secret: 'a secret for tests' },
      });
      return { status, id: body?.task_id };
    };
    while (submits.length < SUBMITS) {
      for (let i = 0; i < 5; i += 1) submits.push(submit());
      await sql(
        database,
        `SELECT pg_terminate_backend(pid), pg_sleep(0.01) FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < 0.5`,
      );
    }
    const answers = await Promise.all(submits);
    expect(answers.filter(({ status }) => status !== 202 && status !== 503)).toEqual([]);
    const accepted = answers.filter(({ status }) => status === 202).map(({ id }) => id);
    expect(accepted.length).toBeGreaterThan(0);

    await eventually(async () => {
      // a lease whose finish was lost with its connection ends at once, instead of after half a minute
      await sql(
        database,
        "UPDATE postback.webhook_outbox SET next_attempt_at = now() WHERE status = 'delivering' AND claimed_at < now() - interval '2 seconds'",
      );
      const [{ n }] = (await sql(
        database,
        "SELECT count(*)::int AS n FROM postback.webhook_outbox WHERE status = 'delivered' AND task_id = ANY ($1)",
        [accepted],
      )) as [{ n: number }];
      return n === accepted.length;
    }, 'every accepted task to be told');
    const runs = await sql(database, 'SELECT DISTINCT status, runs FROM postback.tasks WHERE id = ANY ($1)', [accepted]);
    expect(runs).toEqual([{ status: 'completed', runs: 1 }]);
    expect(await service.stop()).toBe(0);
    await receiver.stop();
    await database.drop();
  }, 60_000);
});

describe('a queue whose network swallows what is sent', () => {
  it('gives up waiting, and goes on over a new connection', async () => {
    const database = await createTestDatabase();
    const { proxy, url } = await CuttableProxy.before(database.url);
    const queue = new Queue({ url, supervise: false, queryTimeoutMs: 200, onError: () => {} });
    await queue.start(['echo']);
    proxy.swallow();
    await expect(queue.fetch('echo', 1)).rejects.toThrow('Query read timeout');
    proxy.swallow(false);
    expect(await queue.fetch('echo', 1)).toEqual([]);
    await queue.stop();
    await proxy.cut();
    await database.drop();
  });
});
