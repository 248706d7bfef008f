import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { Receiver } from '../support/receiver.js';
import { call, sql, startService } from '../support/service.js';

const SECRET = 'a secret for tests';

let database: TestDatabase;
let service: Awaited<ReturnType<typeof startService>>;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database, {
    POSTBACK_BREAKER_MIN_FAILURES: '4',
    POSTBACK_BREAKER_MIN_MS: '0',
    POSTBACK_BREAKER_PROBE_MS: '150',
    POSTBACK_SWEEP_INTERVAL_MS: '50',
    POSTBACK_RETRY_MAX_RETRIES: '50',
  });
});

afterAll(async () => {
  await service?.stop();
  await database?.drop();
});

const submit = (url: string) => call('POST', `${service.url}/agent/echo`, { body: { webhook_url: url, webhook_secret: SECRET } });

const endpointAt = async (url: string) => (await sql(database, 'SELECT * FROM postback.webhook_endpoints WHERE url = $1', [url]))[0]!;

const rowsTo = (url: string) =>
  sql<{ id: string; status: string; attempts_charged: number }>(database, 'SELECT * FROM postback.webhook_outbox WHERE url = $1', [url]);

const allRows = async (url: string, status: string) => {
  const rows = await rowsTo(url);
  return rows.length > 0 && rows.every((row) => row.status === status) && rows;
};

describe('an endpoint that keeps failing', () => {
  it('opens its breaker: its rows are held, probes go on, and one success brings everything through', async () => {
    const receiver = await Receiver.start(500);
    const url = receiver.url('/breaks');
    for (let i = 0; i < 5; i += 1) await submit(url);
    await eventually(async () => (await endpointAt(url)).breaker === 'open', 'the breaker to open');
    await eventually(async () => (await rowsTo(url)).filter(({ status }) => status === 'held').length >= 4, 'the rows to be held');
    const [alert] = await sql(database, "SELECT kind, endpoint_id FROM postback.alerts WHERE kind = 'breaker_open'");
    expect(alert).toEqual({ kind: 'breaker_open', endpoint_id: (await endpointAt(url)).id });

    const before = receiver.received.length;
    await receiver.requests(before + 1); // a probe that fails
    await eventually(async () => Number((await endpointAt(url)).breaker_probes) >= 1, 'the probe to be counted');
    const task = await submit(url); // accepted all the same
    expect(task.status).toBe(202);

    receiver.answerWith(200);
    await eventually(() => allRows(url, 'delivered'), 'everything to be delivered');
    expect(await endpointAt(url)).toMatchObject({
      breaker: 'closed',
      breaker_probe_at: null,
      consecutive_failures: 0,
      breaker_failing_since: null,
    });
    await receiver.stop();
  });

  it('probes with one request at a time', async () => {
    let atOnce = 0;
    let most = 0;
    const receiver = await Receiver.start(500);
    const url = receiver.url('/probed');
    for (let i = 0; i < 8; i += 1) await submit(url);
    await eventually(async () => (await endpointAt(url)).breaker === 'open', 'the breaker to open');
    await eventually(async () => !(await rowsTo(url)).some(({ status }) => status === 'delivering'), 'what is on its way to end');
    receiver.answerWith((_, response) => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      setImmediate(() => {
        atOnce -= 1;
        response.writeHead(500).end();
      });
    });
    const before = receiver.received.length;
    await receiver.requests(before + 2);
    expect(most).toBe(1);
    await receiver.stop();
  });
});

describe('an endpoint paused by hand', () => {
  it('gets nothing until it is resumed, and then everything, uncharged for the wait', async () => {
    const receiver = await Receiver.start(200);
    const url = receiver.url('/paused');
    await submit(url);
    await eventually(() => allRows(url, 'delivered'), 'the first delivery');
    await sql(database, "UPDATE postback.webhook_endpoints SET state = 'paused', state_reason = 'maintenance' WHERE url = $1", [url]);
    const { body } = await submit(url);
    const held = await eventually(async () => (await rowsTo(url)).find(({ status }) => status === 'held'), 'the row to be held');
    expect((await call('GET', `${service.url}/tasks/${body.task_id}`)).body.delivery).toMatchObject({ status: 'held', attempts: 0 });
    expect(receiver.received).toHaveLength(1);

    await sql(database, "UPDATE postback.webhook_endpoints SET state = 'active', state_reason = NULL WHERE url = $1", [url]);
    await receiver.requests(2);
    await eventually(() => allRows(url, 'delivered'), 'the held row to be delivered');
    expect((await rowsTo(url)).find(({ id }) => id === held.id)).toMatchObject({ attempts_charged: 0 });
    await receiver.stop();
  });

  it('lets a row wait no longer than allowed: dead, with a reason and an alert', async () => {
    const receiver = await Receiver.start(200);
    const url = receiver.url('/too-long');
    await submit(url);
    await eventually(() => allRows(url, 'delivered'), 'the first delivery');
    await sql(database, "UPDATE postback.webhook_endpoints SET state = 'paused' WHERE url = $1", [url]);
    await submit(url);
    const held = await eventually(async () => (await rowsTo(url)).find(({ status }) => status === 'held'), 'the row to be held');
    await sql(database, "UPDATE postback.webhook_outbox SET held_at = now() - interval '8 days' WHERE id = $1", [held.id]);
    const dead = await eventually(async () => (await rowsTo(url)).find(({ status }) => status === 'dead'), 'the row to be given up');
    expect(dead).toMatchObject({ id: held.id, dead_reason: 'held_too_long', held_at: null });
    expect(await sql(database, "SELECT FROM postback.alerts WHERE kind = 'dead_letter' AND outbox_id = $1", [held.id])).toHaveLength(1);
    await receiver.stop();
  });
});

describe('a row whose secret cannot be read just after its claim', () => {
  it('is put off, uncharged, and sent when it can be', async () => {
    const receiver = await Receiver.start(200);
    const url = receiver.url('/unread');
    await submit(url);
    await eventually(() => allRows(url, 'delivered'), 'the first delivery');
    await sql(database, "UPDATE postback.webhook_endpoints SET state = 'paused' WHERE url = $1", [url]);
    const secret = 'a secret that nobody has opened yet';
    await call('POST', `${service.url}/agent/echo`, { body: { webhook_url: url, webhook_secret: secret } });
    const held = await eventually(async () => (await rowsTo(url)).find(({ status }) => status === 'held'), 'the row to be held');
    await sql(database, 'ALTER TABLE postback.webhook_secrets RENAME TO out_of_reach');
    try {
      await sql(database, "UPDATE postback.webhook_endpoints SET state = 'active' WHERE url = $1", [url]);
      await eventually(async () => (await outcomesOf(held.id)).includes('not_sent'), 'the row to be put off');
    } finally {
      await sql(database, 'ALTER TABLE postback.out_of_reach RENAME TO webhook_secrets');
    }
    expect((await rowsTo(url)).find(({ id }) => id === held.id)).toMatchObject({ status: 'pending', attempts_charged: 0 });
    await sql(database, 'UPDATE postback.webhook_outbox SET next_attempt_at = now() WHERE id = $1', [held.id]); // not to wait for it
    await receiver.requests(2);
    await eventually(() => allRows(url, 'delivered'), 'the row to be delivered');
    expect(await outcomesOf(held.id)).toEqual(['not_sent', 'delivered']);
    await receiver.stop();
  });
});

async function outcomesOf(id: string): Promise<string[]> {
  const rows = await sql<{ outcome: string }>(
    database,
    'SELECT outcome FROM postback.webhook_attempts WHERE outbox_id = $1 ORDER BY attempt',
    [id],
  );
  return rows.map(({ outcome }) => outcome);
}

describe('a row that outlives its dispatchers', () => {
  it('is given up as a crash loop after five lost leases in a row', async () => {
    const receiver = await Receiver.start(200);
    const url = receiver.url('/loops');
    await submit(url);
    const [row] = (await eventually(() => allRows(url, 'delivered'), 'the first delivery')) as { id: string }[];
    await sql(
      database,
      `UPDATE postback.webhook_outbox SET status = 'delivering', delivered_at = NULL, attempts = 5, lost_streak = 4,
              lease_token = gen_random_uuid(), claimed_at = now(), next_attempt_at = now() WHERE id = $1`,
      [row!.id],
    );
    const [dead] = (await eventually(() => allRows(url, 'dead'), 'the row to be given up')) as object[];
    expect(dead).toMatchObject({ dead_reason: 'crash_loop', lease_token: null });
    const attempts = await sql(database, 'SELECT attempt, outcome FROM postback.webhook_attempts WHERE outbox_id = $1 ORDER BY attempt', [
      row!.id,
    ]);
    expect(attempts).toContainEqual({ attempt: 5, outcome: 'unknown' });
    expect(receiver.received).toHaveLength(1);
    await receiver.stop();
  });
});
