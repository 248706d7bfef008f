import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { createDataSource } from '../../src/platform/database/data-source.js';
import { Database } from '../../src/platform/database/database.js';
import { packageRoot } from '../../src/platform/package-root.js';
import { masterKeyId, masterKeys } from '../../src/platform/secrets/envelope.js';
import { Keyring } from '../../src/platform/secrets/keyring.js';
import { storeSecrets } from '../../src/webhooks/endpoints/store-secrets.js';
import { CuttableProxy } from '../support/cuttable-proxy.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { Receiver } from '../support/receiver.js';
import { type Answered, call, ServiceProcess, sql, testEnvironment } from '../support/service.js';

/** Everything that must stay secret in this run. Those that the service makes itself are added as it shows them, once. */
const random = (name: string) => `${name}-${randomBytes(12).toString('hex')}`;
const former = randomBytes(32);
const next = randomBytes(32);
const secrets = {
  apiKey: random('api-key'),
  adminKey: random('admin-key'),
  wrongKey: random('wrong-key'),
  formerMasterKey: former.toString('base64'),
  masterKey: next.toString('base64'),
  metricsToken: random('metrics'),
  slackToken: random('slack'),
  adHoc: random('ad hoc, with spaces and ünïcode'),
  adHocEncoded: `whsec_${randomBytes(32).toString('base64')}`,
  given: random('given at registration'),
  givenAtRotation: random('given at rotation'),
  receiversToken: random('bearer-of-the-receiver'),
  olderToken: random('bearer-in-the-clear'),
  refused: random('refused'),
  databasePassword: '',
  generated: '',
  rotated: '',
};

/** An endpoint of an older version. */
const older = randomUUID();

let database: TestDatabase;
let proxy: CuttableProxy;
let environment: Record<string, string>;
let service: ServiceProcess;
let slack: Receiver;
let broken: Receiver;
let good: Receiver;

/** What the service said to anybody, by who heard it. */
const said: [where: string, text: string][] = [];
let deliveredByRotated: boolean;
let sentWith: unknown;
let olderSentWith: unknown;
let keyIds: unknown;
let command: { code: number | null; output: string };
let wrongBoot: string;

beforeAll(async () => {
  database = await createTestDatabase();
  secrets.databasePassword = decodeURIComponent(new URL(database.url).password);
  slack = await Receiver.start(200);
  good = await Receiver.start(200);
  await setUpUnderFormerKey();
  // an error page that prints its request, and the secret that it verifies with
  broken = await Receiver.start(({ path, headers, body }, response) => {
    response.writeHead(500).end(`${JSON.stringify(headers)}\n${body}\nverified with ${path === '/dead' ? secrets.adHoc : secrets.given}`);
  });
  const through = await CuttableProxy.before(database.url);
  proxy = through.proxy;
  const { PORT: _, ...common } = testEnvironment({ ...database, url: through.url });
  environment = {
    ...common,
    POSTBACK_BOOTSTRAP_API_KEY: secrets.apiKey,
    POSTBACK_BOOTSTRAP_ADMIN_KEY: secrets.adminKey,
    POSTBACK_MASTER_KEY: secrets.masterKey,
    POSTBACK_MASTER_KEY_OTHERS: secrets.formerMasterKey,
    POSTBACK_METRICS_TOKEN: secrets.metricsToken,
    POSTBACK_ALERT_SLACK_URL: slack.url(`/services/${secrets.slackToken}`),
    POSTBACK_RETRY_MAX_RETRIES: '1',
    POSTBACK_LOG_LEVEL: 'trace',
  };
  service = await ServiceProcess.start(database, environment);
  await wholeRun();
}, 60_000);

afterAll(async () => {
  await service?.stop();
  await Promise.all([slack, broken, good].map((receiver) => receiver?.stop()));
  await proxy?.cut();
  await database?.drop();
});

describe('Over a whole run', () => {
  it('the master key is rotated while the service runs, and webhooks are signed before and after', async () => {
    expect(command).toEqual({
      code: 0,
      output: expect.stringMatching(/^Taking master key [0-9a-f]{8} into use\.\nDone: [1-9]\d* secrets sealed anew/),
    });
    expect(keyIds).toEqual([{ master_key_id: masterKeyId(next) }]);
    expect(deliveredByRotated).toBe(true);
  });

  it("an endpoint's own headers are sent, also those that an older version had stored in the clear", () => {
    expect([sentWith, olderSentWith]).toEqual([secrets.receiversToken, secrets.olderToken]);
  });

  it('a boot with the wrong master key says so in a sentence', () => {
    expect(wrongBoot).toMatch(/Postback could not start:.*POSTBACK_MASTER_KEY is not the key this database was set up with/s);
  });

  it.each(Object.keys(secrets) as (keyof typeof secrets)[])('nobody is told the secret %s, in any spelling', async (name) => {
    const spellings = spellingsOf(secrets[name]);
    const leaks = said.filter(([where, heard]) => !isOwnAnswer(where, name) && spellings.some((spelling) => heard.includes(spelling)));
    expect(leaks.map(([where, heard]) => `${where}: ${around(heard, spellings)}`)).toEqual([]);
  });

  it('there was something to be told', () => {
    const heard = new Set(said.map(([where]) => where.replace(/ .*/s, '')));
    expect([...heard].sort()).toEqual(['DELETE', 'GET', 'PATCH', 'POST', 'alert', 'command', 'log', 'table'].sort());
    expect(said.find(([where]) => where === 'log')![1]).toContain('"delivery.attempt"');
    expect(said.find(([where]) => where === 'table postback.webhook_attempts')![1]).toContain('verified with ***');
    expect(said.filter(([where]) => where === 'alert').length).toBeGreaterThan(0);
  });
});

async function wholeRun(): Promise<void> {
  const failing = await submit({ webhook_url: broken.url('/dead'), webhook_secret: secrets.adHoc });
  await submit({ webhook_url: good.url('/encoded'), webhook_secret: secrets.adHocEncoded });
  const endpoint = await endpoints();
  await refusals();
  await settled();
  await slack.requests(1);

  command = await runCommand('dist/src/rotate-master-key.js');
  keyIds = await sql(database, 'SELECT master_key_id FROM postback.webhook_secrets UNION SELECT master_key_id FROM postback.keyring');
  const count = good.received.length;
  await submit({ webhook_endpoint_id: endpoint });
  const after = (await good.requests(count + 1)).at(-1)!;
  sentWith = after.headers.authorization;
  await submit({ webhook_endpoint_id: older });
  olderSentWith = (await good.requests(count + 2)).at(-1)!.headers.authorization;
  // throws when it is not signed with it
  deliveredByRotated = new Webhook(secrets.rotated).verify(after.body, after.headers as Record<string, string>) !== null;

  await look(failing, endpoint);
  await outage();
  await settled();
  for (const { body } of slack.received) said.push(['alert', body.toString()]);
  await readTables();
  await service.stop();
  said.push(['log', service.output], ['command', command.output]);
  wrongBoot = await bootWith({ POSTBACK_MASTER_KEY: secrets.formerMasterKey, POSTBACK_MASTER_KEY_OTHERS: '' });
  said.push(['log', wrongBoot]);
}

/** As an installation of some time ago. */
async function setUpUnderFormerKey(): Promise<void> {
  const dataSource = createDataSource({ url: database.url, poolSize: 1, applicationName: 'set-up' });
  await dataSource.initialize();
  const owned = new Database(dataSource);
  const keyring = await Keyring.load(owned, masterKeys(former));
  await owned.transaction(async (tx) => {
    const [secretId] = await storeSecrets(tx, keyring, [{ tenant: 'default', secret: secrets.given }]);
    await tx.query(
      `INSERT INTO postback.webhook_endpoints (id, tenant, kind, url, origin, secret_id, headers) VALUES ($1, 'default', 'registered', $2, $3, $4, $5)`,
      [older, good.url('/older'), good.url(''), secretId, JSON.stringify({ authorization: secrets.olderToken })],
    );
  });
  await owned.close();
}

async function endpoints(): Promise<string> {
  const headers = { authorization: secrets.receiversToken };
  const made = await ask('POST', '/webhook-endpoints', { body: { url: good.url('/registered'), headers } });
  secrets.generated = made.body.secret;
  const id: string = made.body.id;
  await ask('POST', '/webhook-endpoints', { body: { url: broken.url('/given'), secret: secrets.given, headers } });
  const [given] = (await ask('GET', '/webhook-endpoints')).body.items;
  for (const each of [id, given.id]) {
    await submit({ webhook_endpoint_id: each });
    await ask('POST', `/webhook-endpoints/${each}/test`);
    await ask('PATCH', `/webhook-endpoints/${each}`, { body: { description: 'changed', headers } });
    await ask('GET', `/webhook-endpoints/${each}`);
  }
  await ask('POST', `/webhook-endpoints/${given.id}/rotate`, { body: { secret: secrets.givenAtRotation } });
  await ask('POST', `/webhook-endpoints/${given.id}/rotate`, { body: { secret: secrets.givenAtRotation } }); // 422: it signs already
  secrets.rotated = (await ask('POST', `/webhook-endpoints/${id}/rotate`)).body.secret;
  await ask('POST', `/webhook-endpoints/${id}/pause`);
  await ask('POST', `/webhook-endpoints/${id}/resume`);
  await ask('DELETE', `/webhook-endpoints/${given.id}`);
  return id;
}

/** Refusals must not repeat what they refuse. */
async function refusals(): Promise<void> {
  const { refused } = secrets;
  const url = good.url();
  const hostile: unknown[] = [
    { payload: 1, webhook_secret: refused },
    { payload: 1, webhook_url: url, webhook_secret: refused.repeat(20) },
    { payload: 1, webhook_url: url, webhook_secret: [refused] },
    { payload: 1, webhook_url: url, webhook_secret: `whsec_${refused}` },
    { payload: 1, webhook_url: `http://user:${refused}@127.0.0.1/`, webhook_secret: refused },
    { payload: 1, webhook_url: url, webhook_secret: `${refused}\0` },
    `{"payload": 1, "webhook_secret": "${refused}`,
    `{"webhook_secret": "${refused}", "webhook_secret": "${refused}"}`,
    `webhook_secret=${refused}`,
  ];
  for (const body of hostile) expect((await ask('POST', '/agent/echo', { body })).status).toBeGreaterThanOrEqual(400);
  for (const fields of [
    { secret: refused.repeat(20) },
    { secret: `whsec_${refused}` },
    { headers: { 'x-token': `${refused}\n` } },
    { headers: { host: refused } },
  ])
    expect((await ask('POST', '/webhook-endpoints', { body: { url, ...fields } })).status).toBe(422);
  for (const path of ['/agent/echo', '/admin/outbox', '/tasks/x'])
    expect((await ask('GET', path, { key: secrets.wrongKey })).status).toBe(401);
}

/** Everything there is to see, by those who may. */
async function look(taskId: string, endpointId: string): Promise<void> {
  const [row] = (await ask('GET', `/admin/outbox?task_id=${taskId}`, { key: secrets.adminKey })).body.items;
  const paths = [
    '/agent',
    `/tasks/${taskId}`,
    `/tasks/${taskId}/events`,
    `/tasks/${taskId}/result`,
    `/tasks/${taskId}/deliveries`,
    '/tasks',
  ];
  for (const path of [...paths, `/webhook-endpoints/${endpointId}`]) await ask('GET', path);
  const admin = [
    `/admin/outbox/${row.id}`,
    '/admin/outbox',
    '/admin/stats',
    '/admin/alerts',
    '/admin/endpoints',
    '/admin/keys',
    '/admin/tasks',
  ];
  for (const path of admin) await ask('GET', path, { key: secrets.adminKey });
  await ask('POST', `/admin/outbox/${row.id}/redeliver`, { key: secrets.adminKey });
  for (const path of ['/openapi.json', '/health/ready', '/health/live', '/']) await ask('GET', path, { key: null });
  for (const key of [null, secrets.wrongKey, secrets.metricsToken]) await ask('GET', '/metrics', { key });
}

/** Errors of the driver carry connection strings and statements. */
async function outage(): Promise<void> {
  await proxy.cut();
  expect((await ask('POST', '/agent/echo', { body: { payload: 1, webhook_url: good.url(), webhook_secret: secrets.adHoc } })).status).toBe(
    503,
  );
  await ask('GET', '/health/ready');
  await proxy.restore();
  await eventually(async () => (await call('GET', `${service.url}/health/ready`)).status === 200, 'the service to find its database again');
}

async function submit(fields: object): Promise<string> {
  const answer = await ask('POST', '/agent/echo', { body: { payload: 1, ...fields } });
  expect(answer.status).toBe(202);
  return answer.body.task_id;
}

async function ask(method: string, path: string, options: { body?: unknown; key?: string | null } = {}): Promise<Answered> {
  const answer = await call(method, `${service.url}${path}`, { key: secrets.apiKey, ...options });
  said.push([`${method} ${path} ${said.length}`, `${JSON.stringify([...answer.headers])}\n${answer.text}`]);
  return answer;
}

async function settled(): Promise<void> {
  await eventually(async () => {
    const [open] = await sql<{ n: number }>(
      database,
      `SELECT (SELECT count(*) FROM postback.webhook_outbox WHERE status NOT IN ('delivered', 'dead'))
            + (SELECT count(*) FROM postback.tasks WHERE finished_at IS NULL) AS n`,
    );
    return Number(open!.n) === 0;
  }, 'everything to settle');
}

async function runCommand(path: string): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [packageRoot(path)], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ]);
  return { code, output: out + err };
}

async function bootWith(more: Record<string, string>): Promise<string> {
  const started = await ServiceProcess.start(database, { ...environment, ...more }).catch((error: Error) => error);
  if (started instanceof Error) return started.message;
  await started.stop();
  throw new Error('The service started.');
}

/** Rows as a DBA sees them; bytes are shown in hex. */
async function readTables(): Promise<void> {
  const tables = await sql<{ name: string }>(
    database,
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('postback', 'pgboss')`,
  );
  for (const { name } of tables) {
    const rows = await sql<{ row: string }>(database, `SELECT t::text AS row FROM ${name} t`);
    said.push([`table ${name}`, rows.map(({ row }) => row).join('\n')]);
  }
}

/** Where a secret has to be: what is generated is shown once. */
function isOwnAnswer(where: string, name: keyof typeof secrets): boolean {
  if (name === 'generated') return /^POST \/webhook-endpoints \d+$/.test(where);
  return name === 'rotated' && /^POST \/webhook-endpoints\/[0-9a-f-]+\/rotate /.test(where);
}

/** Raw, escaped, in hex, and in base64 wherever in a longer text it begins. */
function spellingsOf(secret: string): string[] {
  expect(secret.length).toBeGreaterThanOrEqual(8);
  const key = secret.startsWith('whsec_') ? [secret.slice('whsec_'.length)] : [];
  const decoded = key.map((base64) => Buffer.from(base64, 'base64'));
  const master = [former, next].filter((bytes) => bytes.toString('base64') === secret);
  const bytes = [Buffer.from(secret), ...decoded, ...master];
  const base64 = bytes.flatMap((each) => [0, 1, 2].map((shift) => shiftedBase64(each, shift)));
  const all = [
    secret,
    ...key,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    ...bytes.map((each) => each.toString('hex')),
    ...base64,
  ];
  return [...new Set([...all, ...base64.map((each) => each.replaceAll('+', '-').replaceAll('/', '_'))])];
}

/** The digits that do not depend on what stands before and after. */
function shiftedBase64(bytes: Buffer, shift: number): string {
  const digits = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  return digits.slice(shift === 0 ? 0 : shift + 1, -1);
}

function around(heard: string, spellings: string[]): string {
  const at = spellings.map((spelling) => heard.indexOf(spelling)).find((index) => index >= 0) ?? 0;
  return heard.slice(Math.max(0, at - 80), at + 10);
}
