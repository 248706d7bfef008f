import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database } from '../../src/platform/database/database.js';
import { WakeUps } from '../../src/platform/lifecycle/wake-ups.js';
import { runRulesNow } from '../support/alert-rules.js';
import { silentSink } from '../support/alert-sinks.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { Receiver } from '../support/receiver.js';
import { ADMIN_KEY, type Answered, call, sql, startService } from '../support/service.js';

const SECRET = 'a-secret-nobody-may-read';
const RETRIES = { POSTBACK_RETRY_MAX_RETRIES: '2' };

let database: TestDatabase;
let slack: Receiver;
let service: Awaited<ReturnType<typeof startService>>;

beforeAll(async () => {
  database = await createTestDatabase();
  slack = await Receiver.start(500, 200);
  const slackUrl = slack.url('/services/T000/B000/slack-token');
  service = await startService(database, { ...RETRIES, POSTBACK_ALERT_SLACK_URL: slackUrl, POSTBACK_EGRESS_ALLOW_CIDRS: '127.0.0.1/32' });
});

afterAll(async () => {
  await service?.stop();
  await slack?.stop();
  await database?.drop();
});

describe('a webhook whose receiver always fails', () => {
  let receiver: Receiver;
  let taskId: string;
  let row: Row;

  beforeAll(async () => {
    receiver = await Receiver.start(500);
    taskId = await submit(service.url, receiver.url('/private-path?token=private-query'), { payload: { kept: true } });
    row = await rowWhen(taskId, 'dead');
  });

  afterAll(() => receiver.stop());

  it('is dead after exactly as many attempts as its schedule has', async () => {
    expect(row).toMatchObject({
      dead_reason: 'exhausted',
      attempts: 3,
      attempts_charged: 3,
      last_status_code: 500,
      next_attempt_at: null,
      lease_token: null,
    });
    expect(row.dead_at).toBeInstanceOf(Date);
    expect(receiver.received.map(({ headers }) => headers['webhook-attempt'])).toEqual(['1', '2', '3']);
    const { body } = await call('GET', `${service.url}/tasks/${taskId}`);
    expect(body).toMatchObject({ status: 'completed', delivery: { status: 'dead', attempts: 3, last_status_code: 500 } });
  });

  it('raises one alert in the very commit that made it dead', async () => {
    const alerts = await sql(
      database,
      `SELECT a.kind, a.severity, a.task_id, a.occurrences, a.resolved_at, a.xmin::text = o.xmin::text AS same_commit,
              (SELECT bool_and(d.xmin::text = o.xmin::text OR d.attempts > 0) FROM postback.alert_deliveries d WHERE d.alert_id = a.id) AS queued
         FROM postback.alerts a JOIN postback.webhook_outbox o ON o.id = a.outbox_id WHERE o.id = $1`,
      [row.id],
    );
    expect(alerts).toEqual([
      { kind: 'dead_letter', severity: 'critical', task_id: taskId, occurrences: 1, resolved_at: null, same_commit: true, queued: true },
    ]);
  });

  it('reaches Slack, which failed first, without what may be secret', async () => {
    const [first, second] = await slack.requests(2);
    expect(second!.body.equals(first!.body)).toBe(true);
    expect(second!.path).toBe('/services/T000/B000/slack-token');
    const message = JSON.parse(second!.body.toString());
    expect(message).toEqual({
      text: expect.stringContaining(`Webhooks to ${new URL(receiver.url()).host} are dead (exhausted)`),
      blocks: expect.arrayContaining([{ type: 'section', text: { type: 'mrkdwn', text: expect.stringContaining(row.id) } }]),
    });
    for (const secret of ['private-path', 'private-query', SECRET, 'slack-token']) expect(second!.body.toString()).not.toContain(secret);
    await eventually(async () => {
      const [notice] = await sql(database, 'SELECT status, attempts, last_error FROM postback.alert_deliveries');
      return notice!.status === 'sent' && notice!.attempts === 2;
    }, 'the notice to be marked as sent');
    expect(slack.received).toHaveLength(2);
  });

  it('is listed for the admin, with body and attempts to look into', async () => {
    const list = await admin('GET', '?status=dead');
    expect(list.status).toBe(200);
    expect(list.body.items).toMatchObject([
      { id: row.id, task_id: taskId, status: 'dead', dead_reason: 'exhausted', attempts: 3, event_type: 'task.completed' },
    ]);
    expect(list.body.next_cursor).toBeNull();
    const shown = await admin('GET', `/${row.id}`);
    expect(JSON.parse(shown.body.body)).toMatchObject({ status: 'completed', result: { kept: true } });
    expect(shown.body.body).toBe(receiver.received[0]!.body.toString());
    expect(shown.body.attempt_log).toMatchObject(
      [1, 2, 3].map((attempt) => ({ attempt, trigger: 'schedule', outcome: 'rejected', charged: true, status_code: 500 })),
    );
    expect(shown.text + list.text).not.toContain(SECRET);
  });

  it('shows the newest attempts, where a person had it sent again and again', async () => {
    const insert = `INSERT INTO postback.webhook_attempts (outbox_id, attempt, trigger, started_at, outcome, charged)
                    SELECT $1, n, 'manual', now(), 'rejected', true FROM generate_series(4, 120) n`;
    await sql(database, insert, [row.id]);
    const { attempt_log } = (await admin('GET', `/${row.id}`)).body;
    expect(attempt_log.map(({ attempt }: { attempt: number }) => attempt)).toEqual(Array.from({ length: 100 }, (_, n) => n + 21));
    await sql(database, 'DELETE FROM postback.webhook_attempts WHERE outbox_id = $1 AND attempt > 3', [row.id]);
  });

  it('is sent again with the same webhook-id when the admin asks, under a full new schedule', async () => {
    receiver.answerWith(500, 500, 200); // one more failure would be one too many under the old schedule
    const answer = await admin('POST', `/${row.id}/redeliver`);
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ id: row.id, attempts_charged: expect.any(Number), dead_reason: null });
    const again = await rowWhen(taskId, 'delivered');
    expect(again).toMatchObject({ attempts: 6, attempts_charged: 2, dead_reason: null, dead_at: null });
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(receiver.received.map(({ body }) => body.toString())).size).toBe(1);
    const attempts = await sql(database, 'SELECT trigger FROM postback.webhook_attempts WHERE outbox_id = $1 ORDER BY attempt', [row.id]);
    expect(attempts.map(({ trigger }) => trigger)).toEqual(['schedule', 'schedule', 'schedule', 'manual', 'schedule', 'schedule']);
  });

  it('has its alert resolved once nothing of its endpoint is dead', async () => {
    expect(await runRulesNow(service.app.get(Database), [silentSink('slack')])).toMatchObject({ resolved: 1 });
    service.app.get(WakeUps).ring('alert-due');
    const [, , third] = await slack.requests(3);
    expect(JSON.parse(third!.body.toString()).text).toContain('Resolved');
    const [alert] = await sql(database, 'SELECT resolved_at FROM postback.alerts WHERE outbox_id = $1', [row.id]);
    expect(alert!.resolved_at).toBeInstanceOf(Date);
  });
});

describe('a webhook whose receiver answers 410', () => {
  it('is dead at once', async () => {
    const receiver = await Receiver.start(410);
    const taskId = await submit(service.url, receiver.url());
    expect(await rowWhen(taskId, 'dead')).toMatchObject({ dead_reason: 'gone', attempts: 1, attempts_charged: 1 });
    expect(receiver.received).toHaveLength(1);
    await receiver.stop();
  });

  it('stays delivered when it had arrived before', async () => {
    const receiver = await Receiver.start(200, 410);
    const taskId = await submit(service.url, receiver.url());
    const { id, delivered_at } = await rowWhen(taskId, 'delivered');
    expect((await admin('POST', `/${id}/redeliver`)).status).toBe(202);
    await receiver.requests(2);
    const again = await eventually(
      async () => (await rowWhen(taskId, 'delivered')).attempts === 2 && rowWhen(taskId, 'delivered'),
      'the second attempt',
    );
    expect(again).toMatchObject({ dead_reason: null, last_status_code: 410, delivered_at });
    await receiver.stop();
  });
});

describe('a webhook whose target became forbidden', () => {
  it('is dead without a byte on the wire', async () => {
    let connections = 0;
    const inside = createServer(() => {
      connections += 1;
    }).listen(0, '127.0.0.2');
    await once(inside, 'listening');
    inside.unref();
    let answer: ServerResponse | undefined;
    const receiver = await Receiver.start((_, response) => {
      answer = response;
    });
    const taskId = await submit(service.url, receiver.url());
    await receiver.requests(1);
    // changed while the first attempt is under way, so that it is the retry that meets the rules
    const url = `http://127.0.0.2:${(inside.address() as AddressInfo).port}/`;
    await sql(database, 'UPDATE postback.webhook_outbox SET url = $2 WHERE task_id = $1', [taskId, url]);
    answer!.writeHead(500).end();
    expect(await rowWhen(taskId, 'dead')).toMatchObject({
      dead_reason: 'blocked_target',
      attempts: 2,
      attempts_charged: 1,
      last_error: expect.stringContaining('POSTBACK_EGRESS_ALLOW_CIDRS'),
    });
    expect(connections).toBe(0);
    inside.close();
    await receiver.stop();
  });
});

describe('a redelivery that cannot be', () => {
  it('is refused while the webhook is in flight', async () => {
    let finish: ServerResponse | undefined;
    const receiver = await Receiver.start((_, response) => {
      finish = response;
    });
    const taskId = await submit(service.url, receiver.url());
    await receiver.requests(1);
    const { id } = await rowWhen(taskId, 'delivering');
    const shown = await admin('GET', `/${id}`);
    expect(shown.body).toMatchObject({ status: 'delivering', next_attempt_at: null, lease_expires_at: expect.any(String) });
    const refused = await admin('POST', `/${id}/redeliver`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'in_flight' } });
    finish!.writeHead(200).end();
    expect(await rowWhen(taskId, 'delivered')).toMatchObject({ attempts: 1 });
    expect(receiver.received).toHaveLength(1);
    await receiver.stop();
  });

  it('is refused while the webhook is on its schedule', async () => {
    const receiver = await Receiver.start(500);
    const { id } = await rowWhen(await submitPaused(receiver), 'pending');
    expect(await admin('POST', `/${id}/redeliver`)).toMatchObject({ status: 409, body: { code: 'waiting_already' } });
    await receiver.stop();
  });

  it.each([randomUUID(), 'not-a-uuid', '%00'])('is 404 for the id %s', async (id) => {
    for (const [method, path] of [
      ['POST', `/${id}/redeliver`],
      ['GET', `/${id}`],
    ] as const) {
      const refused = await admin(method, path);
      expect(refused).toMatchObject({ status: 404, body: { code: 'not_found' } });
      expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    }
  });

  it('is 410 once the body is purged, and changes nothing', async () => {
    const receiver = await Receiver.start(200);
    const before = await rowWhen(await submit(service.url, receiver.url()), 'delivered');
    await sql(database, 'UPDATE postback.webhook_events SET body = NULL, purged_at = now() WHERE id = $1', [before.event_id]);
    expect(await admin('POST', `/${before.id}/redeliver`)).toMatchObject({ status: 410, body: { code: 'body_purged' } });
    expect(await rowWhen(before.task_id, 'delivered')).toEqual(before);
    expect((await admin('GET', `/${before.id}`)).body).toMatchObject({ body: null });
    await receiver.stop();
  });
});

describe('a row that nobody can send', () => {
  it('goes dead alone, while its neighbours in the same batch arrive', async () => {
    const own = await createTestDatabase();
    const receiver = await Receiver.start(200);
    const others = await startService(own, { POSTBACK_ROLES: 'api,worker' });
    const poisons: Record<string, string> = {
      'a secret of garbage': `UPDATE postback.webhook_secrets SET sealed = '\\x00' WHERE id = (SELECT secret_id FROM postback.webhook_outbox WHERE task_id = $1)`,
      'a secret that was altered': `UPDATE postback.webhook_secrets SET sealed = set_byte(sealed, octet_length(sealed) - 1, 255 - get_byte(sealed, octet_length(sealed) - 1))
                                     WHERE id = (SELECT secret_id FROM postback.webhook_outbox WHERE task_id = $1)`,
      'a secret under a lost master key': `UPDATE postback.webhook_secrets SET sealed = set_byte(sealed, 1, 255 - get_byte(sealed, 1))
                                            WHERE id = (SELECT secret_id FROM postback.webhook_outbox WHERE task_id = $1)`,
      'no secret': 'DELETE FROM postback.webhook_secrets WHERE id = (SELECT secret_id FROM postback.webhook_outbox WHERE task_id = $1)',
      'a URL that is none': "UPDATE postback.webhook_outbox SET url = 'not a url' WHERE task_id = $1",
      'an empty URL': "UPDATE postback.webhook_outbox SET url = '' WHERE task_id = $1",
      'a URL with a line break': `UPDATE postback.webhook_outbox SET url = url || E'\\r\\nx: y' WHERE task_id = $1`,
      'no body': 'UPDATE postback.webhook_events SET body = NULL, purged_at = now() WHERE task_id = $1',
      'no event': 'DELETE FROM postback.webhook_events WHERE task_id = $1',
      'a trace context with a line break': `UPDATE postback.webhook_events SET traceparent = E'00\\r\\nx: y' WHERE task_id = $1`,
    };
    const poisoned = await Promise.all(
      Object.entries(poisons).map(async ([name, statement]) => ({
        name,
        statement,
        id: await submit(others.url, receiver.url(`/${name.replaceAll(' ', '-')}`), {}, name.padEnd(20)),
      })),
    );
    const healthy = await Promise.all(Array.from({ length: 5 }, (_, n) => submit(others.url, receiver.url(`/healthy/${n}`))));
    await eventually(
      async () => (await sql(own, 'SELECT FROM postback.webhook_outbox')).length === poisoned.length + healthy.length,
      'all tasks to end',
    );
    for (const { id, statement } of poisoned) await sql(own, statement, [id]);

    const dispatcher = await startService(own, { POSTBACK_ROLES: 'dispatcher' });
    await eventually(
      async () => (await sql(own, "SELECT FROM postback.webhook_outbox WHERE status NOT IN ('delivered', 'dead')")).length === 0,
      'all rows to settle',
    );
    const rows = await sql<{ task_id: string; status: string; dead_reason: string; attempts: number; charged: number }>(
      own,
      'SELECT task_id, status, dead_reason, attempts, attempts_charged AS charged FROM postback.webhook_outbox',
    );
    const byTask = new Map(rows.map(({ task_id, ...row }) => [task_id, row]));
    expect(poisoned.map(({ name, id }) => [name, byTask.get(id)])).toEqual(
      poisoned.map(({ name }) => [name, { status: 'dead', dead_reason: 'undeliverable', attempts: 1, charged: 0 }]),
    );
    expect(healthy.map((id) => byTask.get(id)!.status)).toEqual(healthy.map(() => 'delivered'));
    expect(receiver.received.map(({ path }) => path).sort()).toEqual(healthy.map((_, n) => `/healthy/${n}`));
    expect(await sql(own, "SELECT FROM postback.alerts WHERE kind = 'dead_letter'")).toHaveLength(poisoned.length);
    expect(await sql(own, "SELECT FROM postback.webhook_attempts WHERE outcome = 'not_sent'")).toHaveLength(poisoned.length);
    await Promise.all([dispatcher.stop(), others.stop(), receiver.stop()]);
    await own.drop();
  });
});

async function submit(url: string, webhookUrl: string, input: object = {}, secret = SECRET): Promise<string> {
  const answer = await call('POST', `${url}/agent/echo`, { body: { ...input, webhook_url: webhookUrl, webhook_secret: secret } });
  expect(answer.status).toBe(202);
  return answer.body.task_id;
}

/** A task whose webhook failed once and now waits for an hour. */
async function submitPaused(receiver: Receiver): Promise<string> {
  let answer: ServerResponse | undefined;
  receiver.answerWith((_, response) => {
    answer = response;
  }, 200);
  const taskId = await submit(service.url, receiver.url());
  await receiver.requests(1);
  answer!.writeHead(503, { 'retry-after': '3600' }).end();
  await rowWhen(taskId, 'pending', 1);
  return taskId;
}

const admin = (method: string, path: string): Promise<Answered> => call(method, `${service.url}/admin/outbox${path}`, { key: ADMIN_KEY });

// biome-ignore lint/suspicious/noExplicitAny: a row as it is
type Row = any;

function rowWhen(taskId: string, status: string, attempts = 0): Promise<Row> {
  return eventually(async () => {
    const [row] = await sql<Row>(database, 'SELECT * FROM postback.webhook_outbox WHERE task_id = $1', [taskId]);
    return row?.status === status && row.attempts >= attempts && row;
  }, `the row to be ${status}`);
}
