import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { type Document, findOperation, misfits } from '../docs/check-schema.js';
import { eventually } from '../support/eventually.js';
import { type Mail, MailServer } from '../support/mail-server.js';
import { PagerDuty } from '../support/pagerduty.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { Receiver } from '../support/receiver.js';
import { ADMIN_KEY, type Answered, call, sql, startService } from '../support/service.js';

const ROUTING_KEY = 'R0123456789'.padEnd(32, 'x');
const ALERT_SECRET = `whsec_${Buffer.alloc(24, 5).toString('base64')}`;
const SECRETS = [ROUTING_KEY, ALERT_SECRET, 'slack-token', 'hook-token', 'task-secret-nobody-may-read', 'private-path', 'private-query'];

let database: TestDatabase;
let slack: Receiver;
let pagerDuty: PagerDuty;
let mail: MailServer;
let hook: Receiver;
let service: Awaited<ReturnType<typeof startService>>;
let document: Document;

beforeAll(async () => {
  database = await createTestDatabase();
  [slack, pagerDuty, mail, hook] = await Promise.all([
    Receiver.start(200),
    PagerDuty.start(ROUTING_KEY),
    MailServer.start(),
    Receiver.start(200),
  ]);
  service = await startService(database, {
    POSTBACK_RETRY_MAX_RETRIES: '1',
    POSTBACK_ALERT_INTERVAL_MS: '50',
    POSTBACK_ALERT_RESOLVE_AFTER_MS: '0',
    POSTBACK_ALERT_SLACK_URL: slack.url('/services/T000/B000/slack-token'),
    POSTBACK_ALERT_PAGERDUTY_KEY: ROUTING_KEY,
    POSTBACK_ALERT_PAGERDUTY_URL: pagerDuty.url,
    POSTBACK_ALERT_EMAIL_TO: 'ops@example.com',
    POSTBACK_SMTP_URL: `smtp://127.0.0.1:${mail.port}`,
    POSTBACK_ALERT_WEBHOOK_URL: hook.url('/alerts/hook-token'),
    POSTBACK_ALERT_WEBHOOK_SECRET: ALERT_SECRET,
    POSTBACK_ALERT_RUNBOOK_URL: 'https://wiki.example/running',
  });
  document = (await call('GET', `${service.url}/openapi.json`)).body;
});

afterAll(async () => {
  await service?.stop();
  await Promise.all([slack?.stop(), pagerDuty?.stop(), mail?.stop(), hook?.stop()]);
  await database?.drop();
});

/** An answer that the OpenAPI document describes. */
async function admin(method: string, path: string, body?: unknown): Promise<Answered> {
  const answer = await call(method, `${service.url}${path}`, { key: ADMIN_KEY, body });
  const route = path.split('?')[0]!.replace(/[0-9a-f-]{36}/, '{id}');
  const { content } = findOperation(document, method, route).responses[answer.status];
  expect(misfits(document, Object.values<Document>(content)[0].schema, answer.body)).toEqual([]);
  return answer;
}

const slackTexts = () => slack.received.map(({ body }) => JSON.parse(body.toString()).text as string);
const hookBodies = () =>
  hook.received.map(({ body, headers }) => new Webhook(ALERT_SECRET).verify(body, headers as Record<string, string>) as Document);
const subjects = () => mail.mails.map(({ text }: Mail) => /^Subject: (.*(?:\r\n .*)*)/m.exec(text)![1]!.replaceAll(/\r\n/g, ''));

/** Waits until all four have been told so often, in any order. */
const told = (times: number) =>
  eventually(
    async () => [slack.received, pagerDuty.events, mail.mails, hook.received].every(({ length }) => length >= times),
    `every sink to be told ${times} times`,
  );

describe('a receiver that breaks', () => {
  let receiver: Receiver;
  let alert: Document;

  it('is told to Slack, PagerDuty, by mail and to the webhook', async () => {
    receiver = await Receiver.start(500);
    const { body } = await call('POST', `${service.url}/agent/echo`, {
      body: { webhook_url: receiver.url('/private-path?token=private-query'), webhook_secret: 'task-secret-nobody-may-read' },
    });
    await told(1);
    const title = `Webhooks to ${new URL(receiver.url()).host} are dead (exhausted) and wait for a person`;
    expect(slackTexts()).toEqual([`:rotating_light: ${title}`]);
    expect(subjects()).toEqual([`[Postback critical] ${title}`]);
    expect(mail.mails[0]!.to).toEqual(['ops@example.com']);
    expect(pagerDuty.events).toMatchObject([{ event_action: 'trigger', payload: { summary: title, class: 'dead_letter' } }]);
    expect(hookBodies()).toMatchObject([{ type: 'alert.raised', data: { kind: 'dead_letter', title } }]);

    const runbook = 'https://wiki.example/running#dead_letter';
    const list = await admin('GET', '/admin/alerts?state=open');
    [alert] = list.body.items;
    expect(list.body.items).toMatchObject([{ kind: 'dead_letter', state: 'open', title, runbook, task_id: body.task_id }]);
    for (const said of [
      slack.received[0]!.body.toString(),
      JSON.stringify(pagerDuty.events),
      mail.mails[0]!.text,
      hook.received[0]!.body.toString(),
    ])
      expect(said).toContain(runbook);
  });

  it('is taken on by a person, which is told once, and reminds nobody', async () => {
    expect((await admin('POST', `/admin/alerts/${alert.id}/acknowledge`)).body).toMatchObject({
      state: 'acknowledged',
      acknowledged_by: 'bootstrap admin key',
    });
    await told(2);
    const again = await admin('POST', `/admin/alerts/${alert.id}/acknowledge`);
    expect(again.body.notices).toHaveLength(8);
    expect(pagerDuty.incidents).toEqual(new Map([[alert.id, 'acknowledged']]));
    expect((await admin('GET', '/admin/alerts?state=open')).body.items).toEqual([]);
    expect((await admin('GET', '/admin/alerts?state=acknowledged')).body.items).toHaveLength(1);
  });

  it('is over once it is repaired and its webhooks redelivered in bulk, and all four hear of it', async () => {
    receiver.answerWith(200);
    const order = { filter: { endpoint_id: alert.endpoint_id, dead_reason: 'exhausted' } };
    expect((await admin('POST', '/admin/redeliveries', { ...order, dry_run: true })).body).toMatchObject({ count: 1, more: false });
    expect((await admin('POST', '/admin/redeliveries', order)).status).toBe(202);
    await told(3);
    expect(slackTexts()[2]).toMatch(/^:white_check_mark: Resolved: Webhooks to /);
    expect(subjects()[2]).toMatch(/^\[Postback critical\] Resolved: Webhooks to /);
    expect(pagerDuty.events.map(({ event_action }) => event_action)).toEqual(['trigger', 'acknowledge', 'resolve']);
    expect(pagerDuty.incidents).toEqual(new Map([[alert.id, 'resolved']]));
    expect(pagerDuty.refused).toEqual([]);
    expect(hookBodies().map(({ type }) => type)).toEqual(['alert.raised', 'alert.acknowledged', 'alert.resolved']);
    expect((await admin('GET', '/admin/alerts?state=resolved&kind=dead_letter')).body.items).toMatchObject([
      { id: alert.id, state: 'resolved' },
    ]);
    expect(await admin('POST', `/admin/alerts/${alert.id}/acknowledge`)).toMatchObject({ status: 409, body: { code: 'alert_resolved' } });
  });

  it('has told no secret to anybody, and kept none', async () => {
    // what each sink itself authenticates with is known to that sink
    const said = JSON.stringify([
      slack.received.map(({ body }) => body.toString()),
      pagerDuty.events.map(({ routing_key: _, ...event }) => event),
      mail.mails,
      hook.received.map(({ body }) => body.toString()),
      (await admin('GET', '/admin/alerts')).body,
      await sql(database, 'SELECT * FROM postback.alerts'),
      await sql(database, 'SELECT * FROM postback.alert_deliveries'),
    ]);
    for (const secret of SECRETS) expect(said).not.toContain(secret);
    await receiver.stop();
  });
});

describe('a receiver that breaks, with nobody but a DBA at hand', () => {
  it('is found, repaired and seen to be over in SQL alone, and Slack, PagerDuty and the mail are told both times', async () => {
    const told = { slack: slack.received.length, mail: mail.mails.length, pagerDuty: pagerDuty.events.length };
    const receiver = await Receiver.start(500);
    await call('POST', `${service.url}/agent/echo`, {
      body: { webhook_url: receiver.url('/for-the-dba'), webhook_secret: 'another secret for tests' },
    });
    const since = () => ({
      slack: slackTexts().slice(told.slack),
      mail: subjects().slice(told.mail),
      pagerDuty: pagerDuty.events.slice(told.pagerDuty).map(({ event_action }) => event_action),
    });
    const heard = (times: number) =>
      eventually(async () => Object.values(since()).every(({ length }) => length >= times), `three sinks to be told ${times} times`);

    await heard(1);
    const title = `Webhooks to ${new URL(receiver.url()).host} are dead (exhausted) and wait for a person`;
    expect(since()).toEqual({ slack: [`:rotating_light: ${title}`], mail: [`[Postback critical] ${title}`], pagerDuty: ['trigger'] });
    const [dead] = await sql<{ endpoint_id: string }>(
      database,
      "SELECT endpoint_id, dead_reason, last_status_code FROM postback.dead_letters WHERE url LIKE '%/for-the-dba'",
    );
    expect(dead).toMatchObject({ dead_reason: 'exhausted', last_status_code: 500 });

    receiver.answerWith(200);
    await sql(database, 'SELECT postback.redeliver_where(endpoint_id => $1)', [dead!.endpoint_id]);
    await heard(2);
    expect(since()).toEqual({
      slack: [`:rotating_light: ${title}`, `:white_check_mark: Resolved: ${title}`],
      mail: [`[Postback critical] ${title}`, `[Postback critical] Resolved: ${title}`],
      pagerDuty: ['trigger', 'resolve'],
    });
    expect(
      await sql(database, 'SELECT count(*)::int AS dead FROM postback.dead_letters WHERE endpoint_id = $1', [dead!.endpoint_id]),
    ).toEqual([{ dead: 0 }]);
    expect(
      await sql(database, 'SELECT resolved_at IS NOT NULL AS over FROM postback.alerts WHERE endpoint_id = $1', [dead!.endpoint_id]),
    ).toEqual([{ over: true }]);
    await receiver.stop();
  });
});

describe('a test of the sinks', () => {
  it('goes through each of them and shows what each one said', async () => {
    hook.answerWith(({ path }, response) => response.writeHead(404).end(`no ${path}`));
    mail.refusal = { code: 550, message: 'No such user' };
    const answer = await admin('POST', '/admin/alerts/test');
    expect(answer.body.exchanges.map(({ duration_ms: _, ...exchange }: Document) => exchange)).toEqual([
      { sink: 'slack', event: 'raised', ok: true, status_code: 200, answer: 'answered 200', error: null },
      { sink: 'pagerduty', event: 'raised', ok: true, status_code: 202, answer: expect.stringContaining('Event processed'), error: null },
      { sink: 'pagerduty', event: 'resolved', ok: true, status_code: 202, answer: expect.stringContaining('Event processed'), error: null },
      { sink: 'email', event: 'raised', ok: false, status_code: 550, answer: null, error: expect.stringContaining('No such user') },
      { sink: 'webhook', event: 'raised', ok: false, status_code: 404, answer: 'no ***', error: 'The webhook answered 404: no ***' },
    ]);
    expect(await sql(database, "SELECT FROM postback.alerts WHERE title LIKE '%test%'")).toEqual([]);
  });
});

describe('the list of alerts', () => {
  it('has pages that miss and repeat nothing', async () => {
    await sql(
      database,
      `INSERT INTO postback.alerts (id, kind, dedup_key, severity, title, detail, raised_at, resolved_at)
       SELECT gen_random_uuid(), 'queue_age', 'old ' || n, 'warning', n::text, '{}', now() - interval '1 day' - (n / 3) * interval '1 hour', now()
         FROM generate_series(1, 10) n`,
    );
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body } = await admin('GET', `/admin/alerts?kind=queue_age&limit=3${cursor && `&cursor=${cursor}`}`);
      seen.push(...body.items.map(({ title }: Document) => title));
      cursor = body.next_cursor;
    }
    expect(seen.map(Number).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it.each(['state=maybe', 'kind=dead', 'limit=0', 'cursor=x', 'what=else'])('refuses ?%s', async (query) => {
    expect(await admin('GET', `/admin/alerts?${query}`)).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
  });

  it('knows no alert of another id', async () => {
    for (const id of ['01890a5d-ac96-774b-bcce-b302099a8057', 'not-an-id'])
      expect((await call('POST', `${service.url}/admin/alerts/${id}/acknowledge`, { key: ADMIN_KEY })).status).toBe(404);
  });
});
