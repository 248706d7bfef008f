import { randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { Database } from '../../src/platform/database/database.js';
import { ensureApiKey } from '../../src/platform/http/api-keys.js';
import { CuttableProxy } from '../support/cuttable-proxy.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { ADMIN_KEY, API_KEY, call, startService } from '../support/service.js';

const BODY_LIMIT = 4096;
const OTHER_TENANTS_KEY = 'key-of-another-tenant';
const URL_OK = 'https://client.example.com/hook';
const SECRET = 'a secret for tests';

let database: TestDatabase;
let client: pg.Client;
let service: Awaited<ReturnType<typeof startService>>;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  // nothing but the API, so that what is counted is what the submits stored; no address is allowed beyond the public ones
  service = await startService(database, {
    POSTBACK_ROLES: 'api',
    POSTBACK_BODY_MAX_BYTES: String(BODY_LIMIT),
    POSTBACK_EGRESS_ALLOW_CIDRS: '',
    POSTBACK_EGRESS_ALLOW_HTTP: 'false',
  });
  await ensureApiKey(service.app.get(Database), { tenant: 'other', name: 'other', scopes: ['submit', 'read'], key: OTHER_TENANTS_KEY });
});

afterAll(async () => {
  await service?.stop();
  await client?.end();
  await database?.drop();
});

describe('an envelope field that is wrong', () => {
  const wrong: [field: string, values: unknown[]][] = [
    [
      'webhook_url',
      [
        1,
        true,
        ['https://a.example.com/'],
        { url: URL_OK },
        '',
        ' ',
        'client.example.com/hook',
        'ftp://client.example.com/',
        '//client.example.com/',
      ],
    ],
    [
      'webhook_secret',
      [
        1,
        [SECRET],
        { a: 1 },
        'short',
        '7 bytes',
        'x'.repeat(257),
        'é'.repeat(129),
        'whsec_',
        'whsec_dGVzdA==',
        'whsec_!!!!not-base64!!!!',
        '',
      ],
    ],
    ['webhook_endpoint_id', [1, 'x', ['01890a5d-ac96-774b-bcce-b302099a8057'], '01890a5d-ac96-774b-bcce-b302099a8057']],
    [
      'webhook_events',
      ['task.completed', [], [1], ['task.unknown'], [['task.failed']], ['task.failed', 'task.failed'], {}, ['task.started']],
    ],
    ['metadata', ['text', 1, true, [], [{ a: 1 }]]],
    ['expires_in', [-1, 0, 1e9, 5.5, '5', [5], {}, true, 2_592_001]],
    ['timeout', [-1, 0, 1e9, 1.5, '5', [5], false, 3_601]],
  ];
  const cases = wrong.flatMap(([field, values]) => values.map((value) => [field, JSON.stringify(value).slice(0, 60), value] as const));

  it.each(cases)('is named: %s is %s', async (field, _, value) => {
    await refused({ body: { payload: 1, webhook_url: URL_OK, webhook_secret: SECRET, [field]: value } }, 422, 'validation_failed', field);
  });

  it.each(['status', 'tenant_id', 'task_id', 'constructor', 'toString', 'hasOwnProperty', 'Webhook_Url'])(
    'or unknown is named: %s',
    async (field) => {
      await refused({ body: { payload: 1, [field]: 'x' } }, 422, 'validation_failed', field);
      await refused({ body: { payload: 1, [field]: { name: 'Object' } } }, 422, 'validation_failed', field);
    },
  );

  it('or missing is named: webhook_secret beside webhook_url, and the other way round', async () => {
    await refused({ body: { payload: 1, webhook_url: URL_OK } }, 422, 'validation_failed', 'webhook_secret');
    await refused({ body: { payload: 1, webhook_secret: SECRET } }, 422, 'validation_failed', 'webhook_url');
    await refused({ body: { payload: 1, webhook_events: ['task.failed'] } }, 422, 'validation_failed', 'webhook_url');
  });

  it('is named together with every other', async () => {
    const answer = await refused(
      { body: { expires_in: '5', timeout: 0, metadata: [], delay_ms: -1, fail: 'no', status: 1 } },
      422,
      'validation_failed',
    );
    expect(fieldsOf(answer).sort()).toEqual(['delay_ms', 'expires_in', 'fail', 'metadata', 'status', 'timeout']);
  });
});

describe("an agent's field that is wrong", () => {
  it.each([
    ['delay_ms', { delay_ms: '5' }],
    ['delay_ms', { delay_ms: [5] }],
    ['progress_steps', { progress_steps: 1001 }],
    ['fail', { fail: ['error'] }],
    ['fail_times', { fail_times: 0.5 }],
  ])('is named: %s as %j', async (field, body) => {
    await refused({ body }, 422, 'validation_failed', field);
  });

  it.each([
    ['document_url', { analysis_type: 'ip_clauses' }],
    ['document_url', { document_url: ['https://a.example.com/'], analysis_type: 'ip_clauses' }],
    ['document_url', { document_url: 'http://10.0.0.1/x.pdf', analysis_type: 'ip_clauses' }],
    ['document_url', { document_url: 'https://169.254.169.254/latest', analysis_type: 'ip_clauses' }],
    ['document_url', { document_url: 'https://localhost/x.pdf', analysis_type: 'ip_clauses' }],
    ['document_url', { document_url: 'file:///etc/passwd', analysis_type: 'ip_clauses' }],
    ['analysis_type', { document_url: 'https://a.example.com/x.pdf' }],
    ['analysis_type', { document_url: 'https://a.example.com/x.pdf', analysis_type: ['ip_clauses'] }],
  ])('is named: %s in %j', async (field, body) => {
    await refused({ path: '/agent/analyze-document', body }, 422, 'validation_failed', field);
  });
});

describe('a webhook_url that must not be called', () => {
  it.each([
    '',
    'http://client.example.com/hook',
    'http://10.0.0.1/',
    'https://10.0.0.1/',
    'https://localhost/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://169.254.169.254/latest/meta-data',
    'https://metadata.google.internal/',
    'https://client.local/',
    'https://single/',
    'https://user:pass@client.example.com/',
    'https://client.example.com:22/',
    'https:\\\\client.example.com',
    'https://client.example.com/a b',
    'https://client.example.com/\t',
    `https://client.example.com/${'x'.repeat(2048)}`,
    'javascript:alert(1)',
  ])('is refused: %s', async (url) => {
    const answer = await refused(
      { body: { payload: 1, webhook_url: url, webhook_secret: SECRET } },
      422,
      'validation_failed',
      'webhook_url',
    );
    expect(answer.text).not.toContain(SECRET);
  });
});

describe('a body that Postgres or a JSON reader would corrupt', () => {
  it.each([
    ['NUL in a value', '{"payload": "a\\u0000b"}', 422, 'invalid_string'],
    ['NUL in a key', '{"payload": {"a\\u0000b": 1}}', 422, 'invalid_string'],
    ['a raw NUL', '{"payload": "a\0b"}', 422, 'invalid_string'],
    ['NUL in the secret', `{"webhook_url": "${URL_OK}", "webhook_secret": "0123456789\\u0000"}`, 422, 'invalid_string'],
    ['a lone surrogate', '{"payload": "\\ud800"}', 422, 'invalid_string'],
    ['a lone surrogate in a key', '{"payload": {"\\udfff": 1}}', 422, 'invalid_string'],
    ['a number beyond range', '{"payload": 1e400}', 422, 'number_out_of_range'],
    ['a number beyond numeric', '{"payload": [1e131071]}', 422, 'number_out_of_range'],
    ['an integer that would change', '{"payload": 9007199254740993}', 422, 'number_out_of_range'],
    ['an integer that would change, written as a decimal', '{"payload": 9007199254740993.0}', 422, 'number_out_of_range'],
    ['a thousand number bombs', `{"payload": [${'1e131071,'.repeat(300)}1]}`, 422, 'number_out_of_range'],
    ['depth 65', `{"payload": ${'['.repeat(64)}${']'.repeat(64)}}`, 422, 'json_too_deep'],
    ['__proto__', '{"payload": {"__proto__": {"admin": true}}}', 422, 'forbidden_key'],
    ['__proto__ on top', '{"__proto__": {"webhook_url": "x"}}', 422, 'forbidden_key'],
    ['constructor.prototype', '{"payload": {"constructor": {"prototype": {"a": 1}}}}', 422, 'forbidden_key'],
    ['the same key twice', '{"payload": 1, "payload": 2}', 422, 'duplicate_key'],
    ['truncated JSON', '{"payload": ', 400, 'invalid_json'],
    ['no JSON at all', 'payload=1', 400, 'invalid_json'],
    ['nothing', '', 400, 'invalid_json'],
    ['white space', ' \n', 400, 'invalid_json'],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 400, 'invalid_json'],
    ['UTF-16', Buffer.from('{"payload": 1}', 'utf16le'), 422, 'invalid_string'],
    ['a BOM', '\ufeff{"payload": 1}', 400, 'invalid_json'],
  ])('is refused: %s', async (_, body, status, code) => {
    await refused({ body }, status, code);
  });

  it.each([
    ['an array', '[]'],
    ['a string', '"x"'],
    ['null', 'null'],
    ['a number', '1'],
  ])('is refused when it is %s', async (_, body) => {
    await refused({ body }, 422, 'validation_failed');
  });

  it('is let in one step before the limits', async () => {
    await accepted(`{"payload": ${'['.repeat(63)}${']'.repeat(63)}}`);
    await accepted('{"payload": [9007199254740991, -9007199254740991, 1.7976931348623157e308, 1e-300, "\\ud83d\\ude00"]}');
  });
});

describe('a body of the wrong size or kind', () => {
  const padded = (bytes: number) => `{"payload": "${'x'.repeat(bytes - 15)}"}`;

  it.each([false, true])('is let in at the limit and refused one byte over it (chunked: %s)', async (chunked) => {
    expect(padded(BODY_LIMIT)).toHaveLength(BODY_LIMIT);
    await accepted(padded(BODY_LIMIT), { chunked });
    await refused({ body: padded(BODY_LIMIT + 1), chunked }, 413, 'body_too_large');
    await refused({ body: padded(16 * BODY_LIMIT), chunked }, 413, 'body_too_large');
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'application/json; charset=utf-16',
    'application/json;charset="UTF-16LE"',
    'application/json; charset=latin1',
    'text/json',
    'nonsense',
    undefined,
  ])('is refused with the content type %s', async (contentType) => {
    await refused({ body: '{"payload": 1}', headers: { 'content-type': contentType } }, 415, 'unsupported_media_type');
  });

  it('is refused without a body and without a content type', async () => {
    await refused({ body: undefined, headers: { 'content-type': undefined } }, 400, 'invalid_json');
  });

  it('is refused when compressed', async () => {
    await refused({ body: gzipSync('{"payload": 1}'), headers: { 'content-encoding': 'gzip' } }, 415, 'unsupported_media_type');
  });

  it('is let in with a charset that says UTF-8', async () => {
    await accepted('{"payload": "é"}', { headers: { 'content-type': 'application/json; charset=utf-8' } });
  });
});

describe('an Idempotency-Key that is none', () => {
  it.each([
    ['empty', ''],
    ['of 256 bytes', 'k'.repeat(256)],
    ['with a space', 'a b'],
    ['with an emoji', Buffer.from('😀').toString('latin1')],
  ])('is refused: %s', async (_, key) => {
    await refused({ body: { payload: 1 }, headers: { 'idempotency-key': key } }, 422, 'validation_failed', 'Idempotency-Key');
  });
});

describe('a caller who may not', () => {
  it.each([
    ['no key', undefined],
    ['an unknown key', 'Bearer unknown-key'],
    ['a short key', 'Bearer x'],
    ['an empty key', 'Bearer '],
    ['another scheme', `Basic ${Buffer.from(`${API_KEY}:`).toString('base64')}`],
    ['the key alone', API_KEY],
    ['two keys', `Bearer ${API_KEY} ${API_KEY}`],
    ['SQL', "Bearer ' OR 1=1 --"],
  ])('is refused with %s', async (_, authorization) => {
    const answer = await refused({ body: { payload: 1 }, headers: { authorization } }, 401, 'unauthorized');
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="postback"');
  });

  it.each(['revoked_at = now()', "expires_at = now() - interval '1 second'"])('is refused with a key whose %s', async (change) => {
    const key = `temporary ${change}`.replaceAll(/[^a-z]/g, '-');
    await ensureApiKey(service.app.get(Database), { tenant: 'default', name: 'temporary', scopes: ['submit'], key });
    await client.query(`UPDATE postback.api_keys SET ${change} WHERE name = 'temporary'`);
    await refused({ body: { payload: 1 }, headers: { authorization: `Bearer ${key}` } }, 401, 'unauthorized');
  });

  it('is refused at the admin door with a consumer key', async () => {
    for (const path of ['/admin/outbox', '/admin/outbox/01890a5d-ac96-774b-bcce-b302099a8057', '/admin/outbox?limit=1e9']) {
      await refused({ method: 'GET', path }, 403, 'forbidden');
    }
    await refused({ path: '/admin/outbox/01890a5d-ac96-774b-bcce-b302099a8057/redeliver' }, 403, 'forbidden');
  });

  it('does not see, stream or cancel the task of another tenant', async () => {
    const mine = await accepted('{"payload": 1}');
    const id = JSON.parse(mine.text).task_id;
    const headers = { authorization: `Bearer ${OTHER_TENANTS_KEY}` };
    for (const [method, path] of [
      ['GET', `/tasks/${id}`],
      ['GET', `/tasks/${id}/events`],
      ['POST', `/tasks/${id}/cancel`],
    ] as const) {
      await refused({ method, path, headers }, 404, 'not_found');
    }
    expect((await call('GET', `${service.url}/tasks/${id}`)).body.stage).toBe('queued');
  });
});

describe('an address that leads nowhere', () => {
  it.each(['unknown', 'Echo', 'echo%00', '%2e%2e', '..%2fechos', 'x'.repeat(200), 'constructor', '__proto__', '<script>'])(
    'is 404 for the type %s',
    async (type) => {
      const answer = await refused({ path: `/agent/${encodeURI(type)}`, body: { payload: 1 } }, 404, 'not_found');
      expect(answer.text).not.toContain('x'.repeat(100));
    },
  );

  it.each(['1', 'not-a-uuid', '%00', "' OR 1=1", '01890a5d-ac96-774b-bcce-b302099a8057', `${'0'.repeat(36)}`, '..%2F..'])(
    'is 404 for the task %s',
    async (id) => {
      for (const [method, path] of [
        ['GET', ''],
        ['GET', '/events'],
        ['POST', '/cancel'],
      ] as const) {
        await refused({ method, path: `/tasks/${encodeURI(id).replaceAll('%25', '%')}${path}` }, 404, 'not_found');
      }
    },
  );

  it.each([
    ['GET', '/nothing'],
    ['DELETE', '/agent/echo'],
    ['PUT', '/tasks/x'],
    ['POST', '/'],
  ])('is a problem for %s %s', async (method, path) => {
    await refused({ method, path }, 404, 'not_found');
  });

  it('is a problem for a path with an endless part', async () => {
    await refused({ method: 'POST', path: `/tasks/${'x'.repeat(300)}/cancel` }, 414, 'bad_request');
  });

  it.each(['/tasks/%zz', '/agent/%E0%A4%A'])('is a problem for the broken escape in %s', async (path) => {
    await refused({ method: 'GET', path }, 400, 'bad_request');
  });
});

describe('a query that is wrong', () => {
  const cursor = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
  const id = '01890a5d-ac96-774b-bcce-b302099a8057';

  it.each([
    'limit=1e9',
    'limit=0',
    'limit=101',
    'limit=-1',
    'limit=x',
    'limit=1&limit=2',
    'cursor=x',
    'cursor=',
    `cursor=${cursor()}`,
    `cursor=${cursor('2026-01-01 00:00:00+00', 'x')}`,
    `cursor=${cursor('1', id)}`,
    `cursor=${cursor('Jan 1 2026 (a comment)', id)}`,
    `cursor=${cursor('2026-02-30 00:00:00+00', id)}`,
    `cursor=${cursor('0000-01-01 00:00:00+00', id)}`,
    `cursor=${cursor('2026-01-01 00:00:00+99', id)}`,
    `cursor=${cursor('infinity', id)}`,
    `cursor=${cursor(['2026-01-01'], id)}`,
    `cursor=${Buffer.from('null').toString('base64url')}`,
    'cursor=x&cursor=y',
    'status=unknown',
    'status=dead&status=held',
    'endpoint_id=x',
    'task_id=1%27%20OR%201=1',
    'dead_reason=x',
    'status_code=99',
    'status_code=x',
    'event_type=task.started',
    'since=yesterday',
    'since=2026-02-30T00:00:00Z',
    'since=2026-W01-1',
    'since=2026-200',
    'since=0000-01-01',
    'since=2026-01-01T00:00:00%2B23:00',
    'until=1',
    'until=2026-01-01T25:00:00Z',
    'tenant=%00',
    'tenant=a&tenant=b',
    'sort=id;drop%20table',
    'constructor=1',
    'toString=x',
    '__proto__=1',
    '__proto__[limit]=1',
    'limit[]=1',
    `${'x'.repeat(8_000)}=1`,
  ])('is 422: %s', async (query) => {
    const answer = await refused(
      { method: 'GET', path: `/admin/outbox?${query}`, headers: { authorization: `Bearer ${ADMIN_KEY}` } },
      422,
      'validation_failed',
    );
    expect(fieldsOf(answer)[0]).toBe(/^[^=]+/.exec(query)![0]);
  });

  it.each(['after=-1', 'after=x', 'after=99999999999', 'limit=1e9', 'limit=0', 'other=1'])('is 422 for events: %s', async (query) => {
    const task = JSON.parse((await accepted('{"payload": 1}')).text).task_id;
    await refused({ method: 'GET', path: `/tasks/${task}/events?${query}` }, 422, 'validation_failed', /^\w+/.exec(query)![0]);
  });

  it.each([
    'limit=100',
    'since=2026-01-01',
    'since=2026-01-01T00:00:00Z&until=2026-12-31T23:59:59.999%2B02:00',
    'tenant=x',
    'status_code=500',
  ])('is 200 when right: %s', async (query) => {
    expect((await call('GET', `${service.url}/admin/outbox?${query}`, { key: ADMIN_KEY })).status).toBe(200);
  });
});

describe('a submit while the database is away', () => {
  it('is never taken: 503 with Retry-After, nothing stored, and the same request works once it is back', async () => {
    const { proxy, url } = await CuttableProxy.before(database.url);
    const through = await startService({ ...database, url }, { POSTBACK_ROLES: 'api' });
    const submit = () =>
      call('POST', `${through.url}/agent/echo`, { body: { payload: 1 }, headers: { 'idempotency-key': 'over-an-outage' } });
    try {
      expect((await call('GET', `${through.url}/health/ready`)).status).toBe(200);
      const before = await stored();
      await proxy.cut();
      for (const answer of await Promise.all([submit(), submit(), submit()])) {
        expect(answer).toMatchObject({ status: 503, body: { code: 'temporarily_unavailable' } });
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
        expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
        expect(answer.text).not.toMatch(/ECONNREFUSED|127\.0\.0\.1|postgres/i);
      }
      expect((await call('GET', `${through.url}/health/ready`)).status).toBe(503);
      expect((await call('GET', `${through.url}/health/live`)).status).toBe(200);
      expect(await stored()).toEqual(before);
      await proxy.restore();
      const back = await eventually(async () => {
        const answer = await submit();
        expect([202, 503]).toContain(answer.status);
        return answer.status === 202 && answer;
      }, 'the service to find its database again');
      expect(back.headers.get('idempotency-replayed')).toBeNull();
    } finally {
      await through.stop();
      await proxy.cut();
    }
  });
});

interface Sent {
  method?: string;
  path?: string;
  body?: unknown;
  /** Without Content-Length. */
  chunked?: boolean;
  headers?: Record<string, string | undefined>;
}

interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** Byte for byte as said: fetch would correct too much. */
function send({ method = 'POST', path = '/agent/echo', body, chunked = false, headers = {} }: Sent): Promise<Reply> {
  const bytes =
    body === undefined ? null : Buffer.isBuffer(body) || typeof body === 'string' ? Buffer.from(body) : Buffer.from(JSON.stringify(body));
  const all = {
    authorization: `Bearer ${API_KEY}`,
    ...(bytes !== null && { 'content-type': 'application/json' }),
    ...(bytes !== null && !chunked && { 'content-length': String(bytes.length) }),
    'idempotency-key': `refused-${randomUUID()}`, // a record that is stored for a refused request would show
    ...headers,
  };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Record<string, string>;
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(service.url);
    const outgoing = httpRequest({ hostname, port, path, method, headers: given, agent: false }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() });
    });
    outgoing.on('error', reject);
    if (chunked && bytes !== null) {
      outgoing.write(bytes.subarray(0, 10));
      outgoing.write(bytes.subarray(10));
      outgoing.end();
    } else outgoing.end(bytes ?? undefined);
  });
}

/** Sends what must be refused, checks that nothing came of it, and that the next good request is taken. */
async function refused(sent: Sent, status: number, code: string, field?: string): Promise<Reply> {
  const before = await stored();
  const reply = await send(sent);
  expect({ status: reply.status, text: reply.text }).toEqual({ status, text: expect.stringContaining(`"code":"${code}"`) });
  expect(reply.headers['content-type']).toMatch(/^application\/problem\+json/);
  const problem = JSON.parse(reply.text);
  expect(problem).toMatchObject({ status, code, title: expect.any(String), detail: expect.any(String) });
  if (field !== undefined) expect(fieldsOf(reply)).toContain(field);
  expect(await stored()).toEqual(before);
  await accepted('{"payload": "good"}');
  return reply;
}

async function accepted(body: string, more: Sent = {}): Promise<Reply> {
  const reply = await send({ body, ...more });
  expect({ status: reply.status, text: reply.text }).toEqual({ status: 202, text: expect.stringContaining('"status":"processing"') });
  return reply;
}

const fieldsOf = ({ text }: Reply): string[] => (JSON.parse(text).errors ?? []).map(({ field }: { field: string }) => field);

/** Rows of every table that a submit writes to. */
async function stored(): Promise<object> {
  const tables = [
    'postback.tasks',
    'postback.task_events',
    'postback.idempotency_keys',
    'postback.webhook_endpoints',
    'postback.webhook_secrets',
    'postback.webhook_events',
    'postback.webhook_outbox',
    'pgboss.job',
  ];
  const { rows } = await client.query(`SELECT ${tables.map((table) => `(SELECT count(*) FROM ${table}) AS "${table}"`).join(', ')}`);
  return rows[0];
}
