import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EndpointsApi } from '../support/endpoints.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { sql, startService } from '../support/service.js';

const URL_NOBODY_CALLS = 'http://127.0.0.1:9/hook';

let database: TestDatabase;
let service: Awaited<ReturnType<typeof startService>>;
let api: EndpointsApi;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database);
  api = new EndpointsApi(service.url);
});

afterAll(async () => {
  await service?.stop();
  await database?.drop();
});

describe('registering an endpoint', () => {
  it('answers with its place, its settings and the secret that was made for it', async () => {
    const answer = await api.call('POST', '', { url: URL_NOBODY_CALLS });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`http://postback.test/webhook-endpoints/${answer.body.id}`);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      url: URL_NOBODY_CALLS,
      description: null,
      events: null,
      headers: null,
      retry: null,
      rate_per_second: null,
      max_in_flight: null,
      timeout: null,
      state: 'active',
      state_reason: null,
      state_changed_at: expect.any(String),
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
      secret_hint: `whsec_***${answer.body.secret.slice(-4)}`,
      previous_secret: null,
      health: {
        consecutive_failures: 0,
        last_status_code: null,
        last_success_at: null,
        last_failure_at: null,
        latency_ms: null,
        slow_until: null,
      },
      breaker: { state: 'closed', opened_at: null, next_probe_at: null },
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
  });

  it('keeps every setting, and shows of headers the names only', async () => {
    const settings = {
      description: 'the shop',
      events: ['task.completed', 'task.failed'],
      retry: { base_ms: 5_000, max_retries: 3 },
      rate_per_second: 2.5,
      max_in_flight: 4,
      timeout: 20,
    };
    const headers = { Authorization: 'Bearer of-the-receiver', 'x-team': 'a b' };
    const { id } = await api.register({ url: URL_NOBODY_CALLS, secret: 'given by its owner', headers, ...settings });
    const shown = await api.show(id);
    expect(shown).toMatchObject({ ...settings, headers: { authorization: '***', 'x-team': '***' }, secret_hint: '***' });
    const [row] = await sql(
      database,
      'SELECT headers, header_names, timeout_ms, retry, origin FROM postback.webhook_endpoints WHERE id = $1',
      [id],
    );
    expect(row).toEqual({
      headers: null,
      header_names: ['authorization', 'x-team'],
      timeout_ms: 20_000,
      retry: { base_ms: 5_000, max_retries: 3 },
      origin: 'http://127.0.0.1:9',
    });
  });

  it.each([
    ['url', { url: 'http://10.0.0.1/' }],
    ['url', { url: 'ftp://client.com/' }],
    ['url', { url: 7 }],
    ['url', { url: null }],
    ['secret', { secret: '' }],
    ['secret', { secret: 'short' }],
    ['secret', { secret: 'whsec_no base64' }],
    ['events', { events: [] }],
    ['events', { events: ['task.started'] }],
    ['events', { events: ['task.failed', 'task.failed'] }],
    ['description', { description: 'x'.repeat(501) }],
    ['headers', { headers: [] }],
    ['headers', { headers: Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`x-${n}`, 'v'])) }],
    ['headers', { headers: { 'x-long': 'v'.repeat(4_097) } }],
    ['headers', { headers: { 'x-team': 'a', 'X-Team': 'b' } }],
    ['retry', { retry: 5 }],
    ['retry.base_ms', { retry: { base_ms: 999 } }],
    ['retry.factor', { retry: { factor: 0.5 } }],
    ['retry.max_retries', { retry: { max_retries: 101 } }],
    ['retry.max_retries', { retry: { max_retries: 1.5 } }],
    ['retry.jitter', { retry: { jitter: 2 } }],
    ['retry.immediate', { retry: { immediate: 'yes' } }],
    ['retry.surprise', { retry: { surprise: 1 } }],
    ['rate_per_second', { rate_per_second: 0 }],
    ['max_in_flight', { max_in_flight: 0 }],
    ['max_in_flight', { max_in_flight: 1e9 }],
    ['timeout', { timeout: 0 }],
    ['timeout', { timeout: 25 }], // with its slack, more than a lease of 30 s
    ['state', { state: 'disabled' }],
    ['tenant', { tenant: 'other' }],
  ])('refuses a bad %s (case %#)', async (field, fields) => {
    const { status, body } = await api.call('POST', '', { url: URL_NOBODY_CALLS, ...fields });
    expect({ status, code: body.code, fields: body.errors.map((error: { field: string }) => error.field) }).toEqual({
      status: 422,
      code: 'validation_failed',
      fields: [field],
    });
  });

  it.each(['[]', '"text"', 'null'])('refuses the body %s', async (body) => {
    expect((await api.call('POST', '', body)).status).toBe(422);
  });

  it.each([
    'Host',
    'CONTENT-LENGTH',
    'content-Type',
    'Connection',
    'Transfer-Encoding',
    'User-Agent',
    'Expect',
    'TE',
    'Trailer',
    'Upgrade',
    'Keep-Alive',
    'Proxy-Authorization',
    'Cookie',
    'Webhook-Id',
    'WEBHOOK-ANYTHING',
    'X-Webhook-Signature',
    'TraceParent',
    'Content-Encoding',
    'X-Forwarded-For',
    'X-HTTP-Method-Override',
  ])('refuses the reserved header %s, whatever its case', async (name) => {
    for (const spelling of [name, name.toLowerCase(), name.toUpperCase()]) {
      const { status, body } = await api.call('POST', '', { url: URL_NOBODY_CALLS, headers: { [spelling]: 'x' } });
      expect({ status, errors: body.errors }).toEqual({
        status: 422,
        errors: [{ field: `headers["${spelling}"]`, detail: expect.stringContaining('reserved') }],
      });
    }
  });

  it.each(['a\r\nx-injected: 1', 'tab\there', 'ü', '', ' padded ', '***'])(
    'refuses the header value %j without repeating it',
    async (value) => {
      const { status, text } = await api.call('POST', '', { url: URL_NOBODY_CALLS, headers: { 'x-team': value } });
      expect(status).toBe(422);
      if (value.trim().length > 3) expect(text).not.toContain(JSON.stringify(value).slice(1, -1));
    },
  );
});
