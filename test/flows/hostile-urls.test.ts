import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hostileUrls } from '../platform/egress/support/hostile-urls.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { Receiver } from '../support/receiver.js';
import { call, ServiceProcess, sql, startService } from '../support/service.js';

const SECRET = 'a secret for tests';
const writable = hostileUrls(48_212);

/** Of one outbox row. */
interface Outcome {
  dead_reason: string;
  /** Of its attempts at the URL. */
  outcomes: string[];
  charged: number;
  last_error: string;
}

let database: TestDatabase;
/** With the default rules, and nothing but the API. */
let strict: Awaited<ReturnType<typeof startService>>;
/** A process of its own that may reach 127.0.0.2. */
let real: ServiceProcess;
let proxy: Listener;
let slack: Receiver;

beforeAll(async () => {
  database = await createTestDatabase();
  strict = await startService(database, { POSTBACK_ROLES: 'api', POSTBACK_EGRESS_ALLOW_CIDRS: '', POSTBACK_EGRESS_ALLOW_HTTP: 'false' });
});

afterAll(async () => {
  await strict?.stop();
  await database?.drop();
});

describe('At write', () => {
  let endpoint: string;

  beforeAll(async () => {
    endpoint = (await call('POST', `${strict.url}/webhook-endpoints`, { body: { url: 'https://8.8.8.8/hook' } })).body.id;
  });

  it.each(writable)('$row is refused in a submit, a registration, a change and a document', async ({ url }) => {
    const envelope = { webhook_url: url, webhook_secret: SECRET };
    expect(await refusal('POST', '/agent/echo', { payload: 1, ...envelope })).toEqual({ status: 422, field: 'webhook_url' });
    expect(await refusal('POST', '/webhook-endpoints', { url })).toEqual({ status: 422, field: 'url' });
    expect(await refusal('PATCH', `/webhook-endpoints/${endpoint}`, { url })).toEqual({ status: 422, field: 'url' });
    const document = { document_url: url, analysis_type: 'ip_clauses' };
    expect(await refusal('POST', '/agent/analyze-document', document)).toEqual({ status: 422, field: 'document_url' });
  });

  it('nothing was stored of any of them', async () => {
    expect(await stored()).toEqual({ tasks: '0', secrets: '1', endpoints: ['https://8.8.8.8/hook'] });
  });

  it('a good URL is taken right after', async () => {
    const body = { payload: 1, webhook_url: 'https://8.8.8.8/hook', webhook_secret: SECRET };
    expect((await call('POST', `${strict.url}/agent/echo`, { body })).status).toBe(202);
    await sql(database, 'DELETE FROM postback.tasks');
  });

  async function refusal(method: string, path: string, body: object): Promise<object> {
    const { status, body: answer } = await call(method, `${strict.url}${path}`, { body });
    return { status, field: answer.errors?.[0]?.field };
  }
});

describe('At connect, by a real process with proxies in its environment', () => {
  /** Whoever is connected to by mistake. */
  let victims: Listener[];
  let receiver: Receiver;
  let documents: Receiver;
  let rows: { row: string; url: string }[];
  let outcomes: Map<string, Outcome>;

  beforeAll(async () => {
    const first = await Listener.start();
    victims = [first, await Listener.start('::1', first.port).catch(() => first)];
    // a name would be asked about in the DNS of this machine; those have their test beside the connector
    rows = hostileUrls(first.port).filter(({ resolvesTo }) => resolvesTo === undefined);
    proxy = await Listener.start();
    slack = await Receiver.start(200);
    const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'];
    real = await ServiceProcess.start(database, {
      ...Object.fromEntries(names.map((name) => [name, `http://127.0.0.1:${proxy.port}`])),
      NODE_USE_ENV_PROXY: '1',
      POSTBACK_EGRESS_ALLOW_CIDRS: '127.0.0.2/32',
      POSTBACK_ALERT_SLACK_URL: slack.url(),
    });
    outcomes = await deliverTo(rows.map(({ url }) => url));
    await goodRun();
    await slack.requests(1);
    await real.stop();
  }, 60_000);

  afterAll(() => Promise.all([...victims, proxy, slack].map((each) => each?.stop())));

  /** A document behind a redirect, and its webhook, to the address that is allowed. */
  async function goodRun(): Promise<void> {
    receiver = await Receiver.at('127.0.0.2', 200);
    documents = await Receiver.at(
      '127.0.0.2',
      (_, response) => void response.writeHead(302, { location: '/there' }).end(),
      (_, response) => void response.end('1. License. Licensor hereby grants to Licensee a license to use the software.'),
    );
    await submit(receiver.url(), 'analyze-document', { document_url: documents.url(), analysis_type: 'ip_clauses' });
    await receiver.requests(1);
    await Promise.all([receiver.stop(), documents.stop()]);
  }

  it.each(writable.flatMap(({ row, resolvesTo }, index) => (resolvesTo ? [] : [{ row, index }])))(
    '$row is dead at its first attempt, charged to nobody',
    ({ row, index }) => {
      const url = hostileUrls(victims[0]!.port)[index]!.url;
      const unparsable = /^(control|no host|too long|backslashes)/.test(row) || URL.parse(url) === null;
      expect(outcomes.get(url)).toEqual({
        dead_reason: unparsable ? 'undeliverable' : 'blocked_target',
        outcomes: [unparsable ? 'not_sent' : 'blocked'],
        charged: 0,
        last_error: expect.stringMatching(/^[A-Z"].*\.$/),
      });
    },
  );

  it('nobody was connected to, for not a single byte', () => {
    expect(victims.map(({ accepted }) => accepted)).toEqual(victims.map(() => 0));
  });

  it('a good document and webhook come through right after', () => {
    expect(JSON.parse(receiver.received[0]!.body.toString())).toMatchObject({ status: 'completed' });
    expect(documents.received.map(({ path }) => path)).toEqual(['/hook', '/there']);
  });

  it('no proxy was asked: not for a document, its redirect, a webhook or an alert', () => {
    expect(slack.received.length).toBeGreaterThan(0);
    expect(proxy.accepted).toBe(0);
  });
});

describe('A real process', () => {
  it('does not boot while certificates would not be checked', async () => {
    const boot = ServiceProcess.start(database, { NODE_TLS_REJECT_UNAUTHORIZED: '0' });
    await expect(boot).rejects.toThrow(/NODE_TLS_REJECT_UNAUTHORIZED is 0.*NODE_EXTRA_CA_CERTS/s);
  });
});

/** What became of one webhook to each URL. They are written into rows that were accepted for another one, as a DBA could. */
async function deliverTo(urls: readonly string[]): Promise<Map<string, Outcome>> {
  const outcomesByUrl = new Map<string, Outcome>();
  const gone = await Receiver.at('127.0.0.2', 410);
  await Promise.all(urls.map((_, n) => submit(gone.url(`/${n}`))));
  await allDead(urls.length, 1);
  await gone.stop();
  await sql(
    database,
    `UPDATE postback.webhook_outbox o SET url = n.url, status = 'pending', next_attempt_at = now()
       FROM unnest($1::text[]) WITH ORDINALITY AS n (url, place) WHERE o.url LIKE '%/' || (n.place - 1)`,
    [urls],
  );
  await allDead(urls.length, 2);
  const found = await sql<Outcome & { url: string }>(
    database,
    `SELECT url, dead_reason, attempts_charged AS charged, last_error,
            ARRAY(SELECT outcome FROM postback.webhook_attempts a WHERE a.outbox_id = o.id AND a.attempt > 1 ORDER BY attempt) AS outcomes
       FROM postback.webhook_outbox o`,
  );
  for (const { url, ...outcome } of found) outcomesByUrl.set(url, outcome);
  return outcomesByUrl;
}

async function allDead(count: number, attempts: number): Promise<void> {
  await eventually(async () => {
    const [row] = await sql<{ n: number }>(
      database,
      "SELECT count(*)::int AS n FROM postback.webhook_outbox WHERE status = 'dead' AND attempts >= $1",
      [attempts],
    );
    return row!.n === count;
  }, `${count} rows to be dead after ${attempts} attempts`);
}

async function submit(webhookUrl: string, type = 'echo', input: object = { payload: 1 }): Promise<void> {
  const body = { ...input, webhook_url: webhookUrl, webhook_secret: SECRET };
  const { status } = await call('POST', `${real.url}/agent/${type}`, { body });
  expect(status).toBe(202);
}

async function stored(): Promise<object> {
  const [counts] = await sql(
    database,
    `SELECT (SELECT count(*) FROM postback.tasks) AS tasks, (SELECT count(*) FROM postback.webhook_secrets) AS secrets,
            (SELECT json_agg(url ORDER BY id) FROM postback.webhook_endpoints) AS endpoints`,
  );
  return counts!;
}

/** Counts who connects, and says nothing. */
class Listener {
  accepted = 0;

  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      this.accepted += 1;
      socket.destroy();
    });
  }

  static async start(host = '127.0.0.1', port = 0): Promise<Listener> {
    const listener = new Listener(createServer());
    listener.server.listen(port, host);
    await once(listener.server, 'listening');
    return listener;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    if (!this.server.listening) return;
    this.server.close();
    await once(this.server, 'close');
  }
}
