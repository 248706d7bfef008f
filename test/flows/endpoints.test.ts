import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { Database } from '../../src/platform/database/database.js';
import { ensureApiKey } from '../../src/platform/http/api-keys.js';
import { EndpointsApi } from '../support/endpoints.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { Receiver } from '../support/receiver.js';
import { sql, startService } from '../support/service.js';

const OTHER_TENANTS_KEY = 'key-of-another-tenant';
const READERS_KEY = 'key-that-may-only-read';
const URL_NOBODY_CALLS = 'http://127.0.0.1:9/hook';

let database: TestDatabase;
let service: Awaited<ReturnType<typeof startService>>;
let api: EndpointsApi;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database);
  await ensureApiKey(service.app.get(Database), { tenant: 'other', name: 'other', scopes: ['submit', 'read'], key: OTHER_TENANTS_KEY });
  await ensureApiKey(service.app.get(Database), { tenant: 'default', name: 'reader', scopes: ['read'], key: READERS_KEY });
  api = new EndpointsApi(service.url);
});

afterAll(async () => {
  await service?.stop();
  await database?.drop();
});

describe('the list of endpoints', () => {
  it('comes in pages, newest first, each endpoint once', async () => {
    const tenant = new EndpointsApi(service.url, OTHER_TENANTS_KEY);
    const made: string[] = [];
    for (const n of [1, 2, 3, 4, 5]) made.unshift((await tenant.register({ url: `${URL_NOBODY_CALLS}/${n}` })).id);
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await tenant.call('GET', `?limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...body.items.map((item: { id: string }) => item.id));
      cursor = body.next_cursor;
    } while (cursor !== null);
    expect(seen).toEqual(made);
  });

  it.each(['limit=0', 'limit=1e9', 'cursor=forged', 'sort=id'])('refuses ?%s', async (query) => {
    expect((await api.call('GET', `?${query}`)).status).toBe(422);
  });
});

describe('changing an endpoint', () => {
  it('changes what is named, resets what is null, and leaves the rest', async () => {
    const { id } = await api.register({
      url: URL_NOBODY_CALLS,
      description: 'before',
      timeout: 5,
      rate_per_second: 1,
      headers: { 'x-a': '1' },
    });
    expect(await api.change(id, { description: null, timeout: 7, headers: { 'x-b': '2' } })).toMatchObject({
      url: URL_NOBODY_CALLS,
      description: null,
      timeout: 7,
      rate_per_second: 1,
      headers: { 'x-b': '***' },
    });
    expect(await api.change(id, { headers: null, rate_per_second: null })).toMatchObject({
      headers: null,
      rate_per_second: null,
      timeout: 7,
    });
    expect(await api.change(id, {})).toMatchObject({ timeout: 7 });
  });

  it.each([{ url: null }, { url: 'http://192.168.0.1/' }, { secret: 'a secret of its own' }, { timeout: 600 }])(
    'refuses %j',
    async (fields) => {
      const { id } = await api.register({ url: URL_NOBODY_CALLS });
      expect((await api.call('PATCH', `/${id}`, fields)).status).toBe(422);
    },
  );

  it('forgets what the old address did when it gets a new one', async () => {
    const { id } = await api.register({ url: URL_NOBODY_CALLS });
    await sql(
      database,
      `UPDATE postback.webhook_endpoints SET consecutive_failures = 30, breaker = 'open', breaker_probe_at = now(), breaker_opened_at = now(),
              breaker_failing_since = now(), latency_ms = 900, slow_until = now() + interval '1 hour' WHERE id = $1`,
      [id],
    );
    expect(await api.change(id, { description: 'same address' })).toMatchObject({
      breaker: { state: 'open' },
      health: { consecutive_failures: 30 },
    });
    expect(await api.change(id, { url: 'http://127.0.0.1:9/other' })).toMatchObject({
      breaker: { state: 'closed', opened_at: null, next_probe_at: null },
      health: { consecutive_failures: 0, latency_ms: null, slow_until: null },
    });
  });
});

describe('pausing and resuming an endpoint', () => {
  it('shows since when and why, and can be repeated', async () => {
    const { id } = await api.register({ url: URL_NOBODY_CALLS });
    const paused = await api.act(id, 'pause', { reason: 'moving house' });
    expect(paused).toMatchObject({ state: 'paused', state_reason: 'moving house' });
    expect(await api.act(id, 'pause')).toMatchObject({
      state: 'paused',
      state_reason: expect.any(String),
      state_changed_at: paused.state_changed_at,
    });
    expect(await api.act(id, 'resume')).toMatchObject({ state: 'active', state_reason: null });
    expect(await api.act(id, 'resume')).toMatchObject({ state: 'active' });
  });

  it('enables a disabled endpoint again, closing its breaker, but cannot pause one', async () => {
    const { id } = await api.register({ url: URL_NOBODY_CALLS });
    await sql(
      database,
      `UPDATE postback.webhook_endpoints SET state = 'disabled', state_reason = 'It answered 410 Gone.', breaker = 'open', breaker_probe_at = now() WHERE id = $1`,
      [id],
    );
    const refused = await api.call('POST', `/${id}/pause`);
    expect({ status: refused.status, code: refused.body.code }).toEqual({ status: 409, code: 'endpoint_disabled' });
    expect(await api.show(id)).toMatchObject({ state: 'disabled', state_reason: 'It answered 410 Gone.' });
    expect(await api.act(id, 'resume')).toMatchObject({ state: 'active', state_reason: null, breaker: { state: 'closed' } });
  });
});

describe('deleting an endpoint', () => {
  it('makes it unknown to every call', async () => {
    const { id } = await api.register({ url: URL_NOBODY_CALLS });
    const deleted = await api.call('DELETE', `/${id}`);
    expect({ status: deleted.status, text: deleted.text }).toEqual({ status: 204, text: '' });
    await expectUnknown(api, id);
    const { body } = await api.call('GET', '?limit=100');
    expect(body.items.map((item: { id: string }) => item.id)).not.toContain(id);
  });
});

describe('a test event', () => {
  it('is signed and sent like any other, and the answer tells how it fared', async () => {
    const receiver = await Receiver.start(200, (_, response) => response.writeHead(500).end('<b>no\0</b>'));
    const { id, secret } = await api.register({ url: receiver.url('/t?q=1'), headers: { 'X-Team': 'blue' } });
    const good = await api.act(id, 'test');
    const [received] = await receiver.requests(1);
    expect(good).toEqual({
      event_id: received!.headers['webhook-id'],
      delivered: true,
      outcome: 'delivered',
      status_code: 200,
      duration_ms: expect.any(Number),
      error_code: null,
      error: null,
      response_excerpt: 'answered 200',
    });
    expect(received).toMatchObject({ path: '/t?q=1', headers: { 'x-team': 'blue', 'webhook-attempt': '1' } });
    expect(new Webhook(secret).verify(received!.body, received!.headers as Record<string, string>)).toEqual({
      type: 'endpoint.test',
      event_id: good.event_id,
      endpoint_id: id,
      timestamp: expect.any(String),
    });
    expect(await api.act(id, 'test')).toMatchObject({
      delivered: false,
      outcome: 'rejected',
      status_code: 500,
      error: 'The receiver answered 500.',
      response_excerpt: '<b>no\uFFFD</b>',
    });
    expect(await sql(database, 'SELECT FROM postback.webhook_outbox WHERE endpoint_id = $1', [id])).toEqual([]);
    expect(await api.show(id)).toMatchObject({ health: { consecutive_failures: 0, last_status_code: null } });
    await receiver.stop();
  });

  it('goes to a paused endpoint as well, and keeps to its time-out', async () => {
    const receiver = await Receiver.start(() => {});
    const { id } = await api.register({ url: receiver.url(), timeout: 1 });
    await api.act(id, 'pause');
    expect(await api.act(id, 'test')).toMatchObject({
      delivered: false,
      outcome: 'outcome_unknown',
      error_code: 'response_timeout',
      status_code: null,
    });
    await receiver.stop();
  });
});

describe('endpoints of others', () => {
  it('do not exist for another tenant', async () => {
    const { id } = await api.register({ url: URL_NOBODY_CALLS });
    const other = new EndpointsApi(service.url, OTHER_TENANTS_KEY);
    await expectUnknown(other, id);
    await expectUnknown(api, 'no-uuid');
    expect(await api.show(id)).toMatchObject({ state: 'active', url: URL_NOBODY_CALLS, previous_secret: null });
  });

  it('can be read, and nothing else, with a key that may only read', async () => {
    const { id } = await api.register({ url: URL_NOBODY_CALLS });
    const reader = new EndpointsApi(service.url, READERS_KEY);
    expect((await reader.call('GET', `/${id}`)).status).toBe(200);
    expect((await reader.call('GET')).status).toBe(200);
    for (const [method, path] of WRITES) expect((await reader.call(method, path(id), {})).status).toBe(403);
    expect((await reader.call('POST', '', { url: URL_NOBODY_CALLS })).status).toBe(403);
  });
});

describe('a secret', () => {
  it('is in no answer but the one that made it', async () => {
    const given = 'given-secret-that-nobody-may-read';
    const { id } = await api.register({ url: URL_NOBODY_CALLS, secret: given, headers: { authorization: 'Bearer never-shown' } });
    const made = (await api.act(id, 'rotate')).secret;
    await api.act(id, 'rotate', { secret: `${given}-2` });
    await api.change(id, { description: 'x' });
    await api.act(id, 'pause');
    await api.act(id, 'resume');
    await api.act(id, 'test');
    await api.call('GET', '?limit=100');
    const texts = api.answers.map(({ text }) => text);
    expect(texts.filter((text) => text.includes(made))).toHaveLength(1);
    for (const secret of [given, `${given}-2`, 'never-shown']) expect(texts.filter((text) => text.includes(secret))).toEqual([]);
  });
});

const WRITES: [string, (id: string) => string][] = [
  ['PATCH', (id) => `/${id}`],
  ['DELETE', (id) => `/${id}`],
  ...(['rotate', 'pause', 'resume', 'test'] as const).map((action): [string, (id: string) => string] => [
    'POST',
    (id) => `/${id}/${action}`,
  ]),
];

async function expectUnknown(caller: EndpointsApi, id: string): Promise<void> {
  for (const [method, path] of [...WRITES, ['GET', (known: string) => `/${known}`] as const]) {
    const answer = await caller.call(method, path(id), method === 'GET' ? undefined : {});
    expect({ method, path: path(id), status: answer.status, code: answer.body.code }).toEqual({
      method,
      path: path(id),
      status: 404,
      code: 'not_found',
    });
  }
}
