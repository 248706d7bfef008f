import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import type { AlertNotice, AlertSink } from '../../src/alerts/sink.js';
import { EmailSink } from '../../src/alerts/sinks/email.js';
import { PagerDutySink } from '../../src/alerts/sinks/pagerduty.js';
import { SlackSink } from '../../src/alerts/sinks/slack.js';
import { WebhookSink } from '../../src/alerts/sinks/webhook.js';
import { tellSink } from '../../src/alerts/tell-sink.js';
import { Clock } from '../../src/platform/clock.js';
import { OperatorClient } from '../../src/platform/egress/operator-client.js';
import { smtpTarget } from '../../src/platform/egress/smtp-server.js';
import { packageRoot } from '../../src/platform/package-root.js';
import { MailServer } from '../support/mail-server.js';
import { misfitsOfEvent, PagerDuty } from '../support/pagerduty.js';
import { Receiver } from '../support/receiver.js';

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const each of cleanUp.splice(0).reverse()) await each();
});

function clientFor(...urls: string[]): OperatorClient {
  const client = new OperatorClient({ urls });
  cleanUp.push(() => client.close());
  return client;
}

const raised: AlertNotice = {
  id: '01a20969-724f-72e9-8c99-147220f20a71',
  event: 'raised',
  alertId: '01a20969-724d-7541-9d45-59ec02cd2aca',
  kind: 'dead_letter',
  severity: 'critical',
  title: 'Webhooks to <!channel>.example are dead & wait',
  detail: { host: '<!channel>.example', attempts: 11, last_error: null },
  runbook: 'https://docs.example/running.md#dead_letter',
  raisedAt: new Date('2026-05-14T10:30:00Z'),
  acknowledgedAt: null,
  acknowledgedBy: null,
  resolvedAt: null,
};
const acknowledged: AlertNotice = {
  ...raised,
  event: 'acknowledged',
  acknowledgedAt: new Date('2026-05-14T10:35:00Z'),
  acknowledgedBy: 'Ada',
};
const resolved: AlertNotice = { ...acknowledged, event: 'resolved', resolvedAt: new Date('2026-05-14T11:00:00Z') };
const all = [raised, acknowledged, resolved];

async function tellAll(sink: AlertSink): Promise<void> {
  for (const notice of all) expect(await tellSink(sink, notice)).toMatchObject({ ok: true, error: null });
}

describe('Slack', () => {
  it('is told by messages that mention nobody and link to what to do', async () => {
    const slack = await Receiver.start(200);
    await tellAll(new SlackSink(clientFor(slack.url()), slack.url()));
    const messages = slack.received.map(({ body }) => JSON.parse(body.toString()));
    expect(messages.map(({ text }) => text)).toEqual([
      ':rotating_light: Webhooks to &lt;!channel&gt;.example are dead &amp; wait',
      ':eyes: Taken on by Ada: Webhooks to &lt;!channel&gt;.example are dead &amp; wait',
      ':white_check_mark: Resolved: Webhooks to &lt;!channel&gt;.example are dead &amp; wait',
    ]);
    expect(messages[0].blocks.map(({ text }: { text: { text: string } }) => text.text).slice(1)).toEqual([
      '*host*: &lt;!channel&gt;.example\n*attempts*: 11',
      '<https://docs.example/running.md#dead_letter|What to do>',
    ]);
  });

  it('that repeats its own secret URL in an error has it hidden', async () => {
    const slack = await Receiver.start((request, response) => response.writeHead(403).end(`no service at ${request.path}`));
    const url = slack.url('/services/T0000/B0000/slack-token');
    const answer = await tellSink(new SlackSink(clientFor(url), url), raised);
    expect(answer).toEqual({ ok: false, statusCode: 403, text: 'no service at ***', error: 'Slack answered 403: no service at ***' });
  });

  it('that answers what Postgres cannot store is quoted in what it can', async () => {
    const slack = await Receiver.start((_, response) => response.writeHead(500).end('no\0thing'));
    const answer = await tellSink(new SlackSink(clientFor(slack.url()), slack.url()), raised);
    expect(answer).toMatchObject({ ok: false, text: 'no\uFFFDthing', error: 'Slack answered 500: no\uFFFDthing' });
  });
});

describe('PagerDuty', () => {
  const key = 'R'.padEnd(32, '0');

  it('opens, acknowledges and closes one incident by its dedup_key', async () => {
    const pagerDuty = await PagerDuty.start(key);
    cleanUp.push(pagerDuty.stop);
    const sink = new PagerDutySink(clientFor(pagerDuty.url), pagerDuty.url, key, 'https://postback.example');
    const states = [];
    for (const notice of all) {
      expect(await tellSink(sink, notice)).toMatchObject({ ok: true, statusCode: 202 });
      states.push(pagerDuty.incidents.get(notice.alertId));
    }
    expect(states).toEqual(['triggered', 'acknowledged', 'resolved']);
    expect(pagerDuty.refused).toEqual([]);
    expect(pagerDuty.events[0]).toMatchObject({
      payload: { summary: raised.title, severity: 'critical', class: 'dead_letter', custom_details: { attempts: 11 } },
      links: [{ href: raised.runbook }],
    });
  });

  it('that refuses an event says so without the routing key', async () => {
    const pagerDuty = await Receiver.start((request, response) => response.writeHead(400).end(request.body));
    const sink = new PagerDutySink(clientFor(pagerDuty.url()), pagerDuty.url(), key, 'https://postback.example');
    const answer = await tellSink(sink, raised);
    expect(answer).toMatchObject({ ok: false, statusCode: 400, error: expect.stringContaining('"routing_key":"***"') });
    expect(JSON.stringify(answer)).not.toContain(key);
  });

  it('has a stand-in that refuses what the real one would', () => {
    expect(
      misfitsOfEvent({ routing_key: key, event_action: 'trigger', payload: { summary: 's', source: 'x', severity: 'fatal' } }),
    ).toHaveLength(1);
    expect(misfitsOfEvent({ routing_key: key, event_action: 'resolve' })).toHaveLength(1);
  });
});

describe('a webhook', () => {
  it.each(['whsec_'.concat(Buffer.alloc(24, 5).toString('base64')), 'geheim-ünïcode-✓'])(
    'is signed as Standard Webhooks wants it, with %s',
    async (secret) => {
      const receiver = await Receiver.start(200);
      await tellAll(new WebhookSink(clientFor(receiver.url()), new Clock(), receiver.url(), secret));
      const verifier = secret.startsWith('whsec_') ? new Webhook(secret) : new Webhook(new TextEncoder().encode(secret), { format: 'raw' });
      const bodies = receiver.received.map(({ body, headers }) => verifier.verify(body, headers as Record<string, string>));
      expect(bodies).toMatchObject([
        {
          type: 'alert.raised',
          timestamp: '2026-05-14T10:30:00.000Z',
          data: { alert_id: raised.alertId, kind: 'dead_letter', detail: raised.detail },
        },
        { type: 'alert.acknowledged', timestamp: '2026-05-14T10:35:00.000Z', data: { acknowledged_by: 'Ada' } },
        { type: 'alert.resolved', timestamp: '2026-05-14T11:00:00.000Z', data: { resolved_at: '2026-05-14T11:00:00.000Z' } },
      ]);
      expect(receiver.received[0]!.headers['webhook-id']).toBe(raised.id);
    },
  );

  it('without a secret is sent unsigned', async () => {
    const receiver = await Receiver.start(200);
    await tellAll(new WebhookSink(clientFor(receiver.url()), new Clock(), receiver.url(), null));
    expect(receiver.received[0]!.headers['webhook-signature']).toBeUndefined();
  });
});

describe('mail', () => {
  const fixture = (name: string) => readFileSync(packageRoot(`test/platform/egress/support/fixtures/${name}.pem`), 'utf8');
  const tls = { key: fixture('key'), cert: fixture('good') };
  const addresses = { from: 'postback@example.com', to: ['ops@example.com', 'chief@example.com'] };

  async function start(options: Parameters<typeof MailServer.start>[0] = {}): Promise<MailServer> {
    const server = await MailServer.start(options);
    cleanUp.push(() => server.stop());
    return server;
  }

  it('goes to everybody, as one thread per alert', async () => {
    const server = await start();
    const smtpUrl = `smtp://127.0.0.1:${server.port}`;
    await tellAll(new EmailSink(clientFor(smtpTarget(smtpUrl)), { smtpUrl, ...addresses }));
    expect(server.mails.map(({ from, to }) => ({ from, to }))).toEqual(all.map(() => addresses));
    const [first, , last] = server.mails;
    expect(first!.text).toContain('Subject: [Postback critical] Webhooks to <!channel>.example are dead & wait');
    expect(first!.text).toContain('What to do: https://docs.example/running.md#dead_letter');
    expect(first!.text).toContain(`Message-ID: <${raised.alertId}@postback>`);
    expect(last!.text).toContain(`In-Reply-To: <${raised.alertId}@postback>`);
    expect(last!.text).toContain('Resolved: Webhooks to');
  });

  it('is sent with a password under TLS only, to a server whose certificate is right', async () => {
    const login = { user: 'postback', password: 'p%ss wörd' };
    const server = await start({ tls, login });
    const smtpUrl = `smtp://postback:${encodeURIComponent(login.password)}@localhost:${server.port}`;
    const client = clientFor(smtpTarget(smtpUrl));
    const sink = (ca: string) => new EmailSink(client, { smtpUrl, ...addresses, ca: [ca] });
    expect(await tellSink(sink(fixture('self-signed')), raised)).toMatchObject({ ok: false, error: expect.stringMatching(/certificate/i) });
    expect(await tellSink(sink(fixture('ca')), raised)).toMatchObject({ ok: true, statusCode: 250 });
    expect(server.mails).toMatchObject([{ secure: true, user: 'postback' }]);
  });

  it('keeps its password from a server that offers no TLS', async () => {
    const server = await start({ login: { user: 'postback', password: 'open-secret' } });
    const smtpUrl = `smtp://postback:open-secret@127.0.0.1:${server.port}`;
    const answer = await tellSink(new EmailSink(clientFor(smtpTarget(smtpUrl)), { smtpUrl, ...addresses }), raised);
    expect(answer).toMatchObject({ ok: false, error: expect.stringContaining('STARTTLS') });
    expect(JSON.stringify(answer)).not.toContain('open-secret');
    expect(server.mails).toEqual([]);
  });

  it('that is refused says why', async () => {
    const server = await start();
    server.refusal = { code: 451, message: 'Greylisted' };
    const smtpUrl = `smtp://127.0.0.1:${server.port}`;
    const answer = await tellSink(new EmailSink(clientFor(smtpTarget(smtpUrl)), { smtpUrl, ...addresses }), raised);
    expect(answer).toMatchObject({ ok: false, statusCode: 451, error: expect.stringContaining('Greylisted') });
  });

  it('goes to no server but the one that config names', async () => {
    const server = await start();
    const smtpUrl = `smtp://127.0.0.1:${server.port}`;
    const answer = await tellSink(new EmailSink(clientFor('smtp://127.0.0.1:1'), { smtpUrl, ...addresses }), raised);
    expect(answer).toMatchObject({ ok: false, error: expect.stringContaining('not among the hosts that the configuration names') });
    expect(server.mails).toEqual([]);
  });
});
