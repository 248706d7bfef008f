import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FAIL_POINTS, type FailPoint } from '../../src/platform/lifecycle/fail-point.js';
import { packageRoot } from '../../src/platform/package-root.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { Receiver } from '../support/receiver.js';
import { call, ServiceProcess, sql } from '../support/service.js';

/** What each death costs. Requests: how often the receiver hears of it in all; interruptions: runs cut short, charged to nobody. */
const EXPECTED: Record<Exclude<FailPoint, `redelivery.${string}`>, { requests: number; interruptions: number; attempts: string[] }> = {
  'submit.before-commit': { requests: 1, interruptions: 0, attempts: ['delivered'] },
  'submit.after-commit': { requests: 1, interruptions: 0, attempts: ['delivered'] },
  'run.after-claim': { requests: 1, interruptions: 1, attempts: ['delivered'] },
  'step.before-store': { requests: 1, interruptions: 1, attempts: ['delivered'] },
  'step.after-store': { requests: 1, interruptions: 1, attempts: ['delivered'] },
  'run.before-end': { requests: 1, interruptions: 1, attempts: ['delivered'] },
  'end.before-commit': { requests: 1, interruptions: 1, attempts: ['delivered'] },
  'end.after-commit': { requests: 1, interruptions: 0, attempts: ['delivered'] },
  'delivery.after-claim': { requests: 1, interruptions: 0, attempts: ['unknown', 'delivered'] },
  // the receiver had it, and nobody wrote that down: the one case in which it hears of an event twice
  'delivery.after-send': { requests: 2, interruptions: 0, attempts: ['unknown', 'delivered'] },
  'delivery.before-commit': { requests: 2, interruptions: 0, attempts: ['unknown', 'delivered'] },
  'delivery.after-commit': { requests: 1, interruptions: 0, attempts: ['delivered'] },
};

describe('a process killed at the worst moment', () => {
  let database: TestDatabase;
  /** The one that goes on after each death, and is the next to die. */
  let living: ServiceProcess;

  beforeAll(async () => {
    database = await createTestDatabase();
    living = await startArmable(database);
  });

  afterAll(async () => {
    await living?.stop('SIGKILL');
    await database?.drop();
  });

  it('is tried at every fail point', () => {
    // those of bulk redelivery in redelivery-takeover.test.ts
    expect([...Object.keys(EXPECTED), 'redelivery.before-commit', 'redelivery.after-commit']).toEqual([...FAIL_POINTS]);
  });

  it.each(Object.keys(EXPECTED) as (keyof typeof EXPECTED)[])('loses nothing at %s', async (failPoint) => {
    const receiver = await Receiver.start(200);
    const url = receiver.url(`/${failPoint}`);
    const submit = () =>
      call('POST', `${living.url}/agent/echo`, {
        body: { payload: failPoint, steps: 1, webhook_url: url, webhook_secret: 'a secret for tests' },
        headers: { 'idempotency-key': failPoint },
      });
    await arm(living, failPoint);
    await submit().catch(() => null); // some deaths come before the answer
    expect(await living.ended()).toBe('SIGKILL');

    await passTimeForTheDead(database); // before the successor has a lease or a row of its own
    living = await startArmable(database);
    const answer = await submit(); // what a careful client does when it has no answer
    expect(answer.status).toBe(202);
    await eventually(() => delivered(database, url), 'the webhook to be delivered');

    const expected = EXPECTED[failPoint];
    const [task, ...others] = await sql(database, 'SELECT id, status, runs, interruptions FROM postback.tasks WHERE webhook_url = $1', [
      url,
    ]);
    expect(others).toEqual([]);
    expect(task).toEqual({ id: answer.body.task_id, status: 'completed', runs: 1, interruptions: expected.interruptions });
    const steps = await sql<{ result: string }>(database, 'SELECT result FROM postback.task_steps WHERE task_id = $1', [task!.id]);
    // done again only when nobody had stored it
    const after = failPoint === 'run.after-claim' || failPoint === 'step.before-store' ? 1 : 0;
    expect(steps).toEqual([{ result: `{"run":1,"interruptions":${after}}` }]);
    expect(receiver.received).toHaveLength(expected.requests);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(receiver.received.map(({ body }) => body.toString())).size).toBe(1);
    const attempts = await sql<{ outcome: string; charged: boolean }>(
      database,
      `SELECT a.outcome, a.charged FROM postback.webhook_attempts a JOIN postback.webhook_outbox o ON o.id = a.outbox_id
        WHERE o.task_id = $1 ORDER BY a.attempt`,
      [task!.id],
    );
    expect(attempts.map(({ outcome }) => outcome)).toEqual(expected.attempts);
    expect(attempts.some(({ charged }) => charged)).toBe(false);
    await receiver.stop();
  });

  it('leaves one behind that ends in good order, and finishes what is short before it does', async () => {
    const { body } = await call('POST', `${living.url}/agent/echo`, { body: { delay_ms: 1_000 } });
    const look = () => sql(database, 'SELECT status, runs, interruptions FROM postback.tasks WHERE id = $1', [body.task_id]);
    await eventually(async () => (await look())[0]!.status !== 'queued', 'the task to run');
    expect(await living.stop()).toBe(0);
    expect(await look()).toEqual([{ status: 'completed', runs: 1, interruptions: 0 }]);
  });

  it('is one that FAILPOINT names, outside production', async () => {
    const service = await ServiceProcess.start(database, { FAILPOINT: 'submit.before-commit' });
    await call('POST', `${service.url}/agent/echo`, { body: {} }).catch(() => null);
    expect(await service.ended()).toBe('SIGKILL');
  });

  it('is none in production', async () => {
    const service = await ServiceProcess.start(database, {
      FAILPOINT: 'submit.before-commit',
      NODE_ENV: 'production',
      POSTBACK_HOST: '127.0.0.1',
    });
    expect((await call('POST', `${service.url}/agent/echo`, { body: {} })).status).toBe(202);
    await service.stop();
  });
});

/** However slow the machine, none that lives is taken for dead. */
const startArmable = (database: TestDatabase) =>
  ServiceProcess.start(database, { POSTBACK_PROCESS_LOST_MS: '30000' }, 'file', ['--import', packageRoot('dist/chaos/inside/preload.js')]);

/** Resolves once the process would die there. */
async function arm({ child }: ServiceProcess, failPoint: FailPoint): Promise<void> {
  const armed = once(child, 'message');
  child.send({ arm: failPoint });
  await armed;
}

/** Time passes for the rows of the dead process: its leases run out, and its silence gets long. */
async function passTimeForTheDead(database: TestDatabase): Promise<void> {
  await sql(database, "UPDATE postback.webhook_outbox SET next_attempt_at = now() WHERE status = 'delivering'");
  await sql(database, "UPDATE postback.processes SET heartbeat_at = heartbeat_at - interval '5 minutes'");
}

async function delivered(database: TestDatabase, url: string): Promise<boolean> {
  const rows = await sql(database, 'SELECT status FROM postback.webhook_outbox WHERE url = $1', [url]);
  return rows.length > 0 && rows.every(({ status }) => status === 'delivered');
}
