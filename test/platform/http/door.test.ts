import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database } from '../../../src/platform/database/database.js';
import { ensureApiKey } from '../../../src/platform/http/api-keys.js';
import { createLogger } from '../../../src/platform/logging/logger.js';
import { eventually } from '../../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.js';
import { type RawAnswer, RawClient } from '../../support/raw-client.js';
import { ADMIN_KEY, API_KEY, call, startService } from '../../support/service.js';

const BODY_LIMIT = 4_096;
const MEGABYTE = 1_048_576;
const MAX_CONNECTIONS = 60;
const HEADERS_TIMEOUT_MS = 1_000;

let database: TestDatabase;
let service: Awaited<ReturnType<typeof startService>>;
const logged: string[] = [];
const open: RawClient[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  const logger = createLogger('info', { write: (line) => void logged.push(line) });
  const settings = {
    POSTBACK_ROLES: 'api',
    POSTBACK_PUBLIC_URL: '', // unset
    POSTBACK_BODY_MAX_BYTES: String(BODY_LIMIT),
    POSTBACK_KEY_RATE_PER_SECOND: '1',
    POSTBACK_KEY_BURST: '50',
    POSTBACK_KEY_MAX_IN_FLIGHT: '3',
    POSTBACK_HTTP_HEADERS_TIMEOUT_MS: String(HEADERS_TIMEOUT_MS),
    POSTBACK_HTTP_REQUEST_TIMEOUT_MS: '2000',
    POSTBACK_HTTP_MAX_CONNECTIONS: String(MAX_CONNECTIONS),
  };
  service = await startService(database, settings, logger);
});

afterAll(async () => {
  for (const client of open) client.close();
  await service?.stop();
  await database?.drop();
});

describe('a request that may not be made', () => {
  it.each([
    ['without a key', '/agent/echo', '', 401],
    ['with an unknown key', '/agent/echo', 'Authorization: Bearer unknown-key\r\n', 401],
    ['with a key that lacks the scope', '/admin/outbox/x/redeliver', `Authorization: Bearer ${API_KEY}\r\n`, 403],
    ['to an address that is none', '/nothing', '', 404],
  ])('is answered before a byte of its body is sent: %s', async (_, path, headers, status) => {
    const client = await connect();
    await client.write(
      `POST ${path} HTTP/1.1\r\nHost: x\r\n${headers}Content-Type: application/json\r\nContent-Length: ${MEGABYTE}\r\n\r\n`,
    );
    expect((await client.answer()).status).toBe(status); // had it waited for the body, it would wait still
  });

  it('keeps nothing of a body that is sent all the same, and cuts an endless one off', async () => {
    const client = await connect();
    await client.write('POST /agent/echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n');
    expect((await client.answer()).status).toBe(401);
    const chunk = `400\r\n${'x'.repeat(1_024)}\r\n`;
    await eventually(async () => {
      await client.write(chunk);
      return client.closed;
    }, 'the service to hang up');
  });

  it('leaves the connection fit for the next one when its body was of a size that is accepted', async () => {
    const client = await connect();
    await client.write(
      `POST /agent/echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n${'x'.repeat(1_000)}`,
    );
    expect((await client.answer()).status).toBe(401);
    expect(client.closed).toBe(false);
  });
});

describe('a caller who is gone in the middle of his body', () => {
  it('is no error of ours, in the log neither', async () => {
    const before = await connections();
    const key = await newKey('somebody who hangs up');
    const client = await connect();
    const head = `POST /agent/echo HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\n`;
    await client.write(`${head}Content-Length: 100\r\nExpect: 100-continue\r\n\r\n`);
    expect((await client.answer()).status).toBe(100); // he is let in, and his body is waited for
    await client.write('{');
    client.close();
    await eventually(async () => (await connections()) <= before, 'the end of his connection');
    expect((await call('GET', `${service.url}/agent`, { key })).status).toBe(200);
    expect(logged.filter((line) => line.includes('http.error'))).toEqual([]);
  });
});

describe('who asks before he sends his body', () => {
  const asking = (headers: string) =>
    `POST /agent/echo HTTP/1.1\r\nHost: x\r\n${headers}${JSON_LINE}Expect: 100-continue\r\nContent-Length: 13\r\n\r\n`;

  it('is told to go on once he is let in', async () => {
    const client = await connect();
    await client.write(asking(`Authorization: Bearer ${await newKey('polite')}\r\n`));
    expect(await client.answer()).toMatchObject({ status: 100 });
    await client.write('{"payload":1}');
    // the whole answer lies behind the first line, as the client takes all that comes for its body
    await eventually(async () => /^HTTP\/1\.1 202 /.test((await client.answer()).body), 'the task to be accepted');
  });

  it('is not told to when he is refused, and then no more is taken from him', async () => {
    const client = await connect();
    await client.write(asking(''));
    const answer = await client.answer();
    expect(answer).toMatchObject({ status: 401, headers: { connection: 'close' } });
    await client.untilClosed();
  });
});

describe('an address that could be taken for another one', () => {
  it.each(['http://evil.example/admin/outbox', '/%61dmin/outbox', '/admin/outbox/', '/admin/outbox?', '/tasks/..%2fadmin%2foutbox'])(
    'is closed like the one that it is: %s',
    async (target) => {
      const client = await connect();
      await client.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nX-Original-URL: /health/live\r\nX-HTTP-Method-Override: HEAD\r\n\r\n`);
      expect((await client.answer()).status).toBe(401);
    },
  );

  it.each([
    '//admin/outbox',
    '/admin//outbox',
    '/Admin/outbox',
    '/admin%2foutbox',
    '/tasks/../admin/outbox',
    '/tasks/%2e%2e/admin/outbox',
    '/health/../admin/outbox',
    '/admin;x=1/outbox',
    '/admin/outbox%00',
    '/docs/..%2f..%2fadmin/outbox',
    '*',
    '/console/%2e%2e/package.json',
    '/docs/%2e%2e/package.json',
  ])('is none, even for an admin: %s', async (target) => {
    const client = await connect();
    await client.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ADMIN_KEY}\r\n\r\n`);
    expect((await client.answer()).status).toBe(404);
  });
});

describe('a key', () => {
  it.each(['key', 'api_key', 'access_token', 'authorization', 'token'])('is none in a query: %s', async (name) => {
    for (const path of ['/admin/outbox', '/tasks'])
      expect((await call('GET', `${service.url}${path}?${name}=${ADMIN_KEY}`, { key: null })).status).toBe(401);
  });

  it('that sends too fast is told to wait, by number, and others are not concerned', async () => {
    const [flood, calm] = [await newKey('flood'), await newKey('calm')];
    const answers = await inGroups(80, () => call('GET', `${service.url}/agent`, { key: flood }), 3);
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(50);
    expect(refused.length).toBeGreaterThan(10);
    expect(refused[0]!.body).toMatchObject({ code: 'rate_limited' });
    expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(refused[0]!.headers.get('ratelimit')).toMatch(/^"key";r=0;t=\d+$/);
    const other = await call('GET', `${service.url}/agent`, { key: calm });
    expect(other.status).toBe(200);
    expect(other.headers.get('ratelimit-policy')).toBe('"key";q=50;w=50');
    expect(other.headers.get('ratelimit')).toBe('"key";r=49;t=1');
  });

  it('that has too many requests under way is told so until one ends, and others are not concerned', async () => {
    const [greedy, calm] = [await newKey('greedy'), await newKey('calm too')];
    const head = `POST /agent/echo HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${greedy}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{`;
    const slow = await Promise.all([connect(), connect(), connect()]);
    for (const client of slow) await client.write(head);
    const ask = (key: string) => call('GET', `${service.url}/agent`, { key });
    const refused = await eventually(async () => {
      const answer = await ask(greedy);
      return answer.status === 429 && answer;
    }, 'all three to be under way');
    expect(refused.body).toMatchObject({ code: 'too_many_in_flight' });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await ask(calm)).status).toBe(200);
    slow[0]!.close(); // gone without an answer
    await eventually(async () => (await ask(greedy)).status === 200, 'its place to be free again');
  });
});

describe('clients that take their time', () => {
  it('are all let go, those that get to be told with the reason', async () => {
    const key = await newKey('slow');
    const [mute, halfway, drip, bodiless] = [await connect(), await connect(), await connect(), await connect()];
    await halfway.write('GET /health/live HTTP/1.1\r\nHost: x\r\n');
    await drip.write('GET /health/live HTTP/1.1\r\nHost: x\r\n');
    const dripping = setInterval(() => void drip.write('X-Drip: 1\r\n'), 50);
    const head = `POST /agent/echo HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n`;
    await bodiless.write(`${head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{`);
    const told = await Promise.all([halfway, drip, bodiless].map((client) => client.answer())).finally(() => clearInterval(dripping));
    for (const answer of told) expect(problemOf(answer)).toMatchObject({ status: 408, code: 'request_timeout' });
    await Promise.all([mute, halfway, drip, bodiless].map((client) => client.untilClosed()));
    expect((await call('GET', `${service.url}/health/live`)).status).toBe(200);
  });
});

describe('the connections', () => {
  it('have an upper bound; who is beyond it is hung up on, and room is made again', async () => {
    for (const client of open.splice(0)) client.close();
    const many = await Promise.all(Array.from({ length: MAX_CONNECTIONS + 20 }, () => RawClient.connect(service.url)));
    await eventually(async () => many.some(({ closed }) => closed), 'somebody to be hung up on');
    for (const client of many) client.close();
    await eventually(async () => (await call('GET', `${service.url}/health/live`).catch(() => null))?.status === 200, 'room again');
  });
});

const KEY_LINE = `Authorization: Bearer ${API_KEY}\r\n`;
const JSON_LINE = 'Content-Type: application/json\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

describe('what is no HTTP, or could be read in two ways', () => {
  it.each([
    ['a line of nonsense', 'nonsense\r\n\r\n', 400, 'bad_request'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'bad_request'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400, 'bad_request'],
    ['a length and chunks', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400, 'bad_request'],
    ['a header with NUL', 'GET / HTTP/1.1\r\nHost: x\r\nX-Nul: a\0b\r\n\r\n', 400, 'bad_request'],
    ['17 KB of headers', `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(17_000)}\r\n\r\n`, 431, 'headers_too_large'],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400, 'bad_request'],
    ['two hosts', 'GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n', 400, 'bad_request'],
    ['a host that is none', 'GET / HTTP/1.1\r\nHost: a b/c?d@e\r\n\r\n', 400, 'bad_request'],
    ['two keys', `GET /agent HTTP/1.1\r\nHost: x\r\n${KEY_LINE}authorization: Bearer unknown-key\r\n\r\n`, 400, 'bad_request'],
    [
      'two content types',
      `POST /agent/echo HTTP/1.1\r\nHost: x\r\n${KEY_LINE}${JSON_LINE}Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}`,
      400,
      'bad_request',
    ],
    ['chunks twice', `POST / HTTP/1.1\r\nHost: x\r\n${CHUNKED}${CHUNKED}\r\n0\r\n\r\n`, 400, 'bad_request'],
    ['chunks in disguise', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n', 400, 'bad_request'],
    ['chunks before the last coding', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n', 400, 'bad_request'],
    ['another coding', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n', 400, 'bad_request'],
    ['a length with a sign', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\nx', 400, 'bad_request'],
    ['lines that end in LF', 'GET / HTTP/1.1\nHost: x\n\n', 400, 'bad_request'],
    ['a header that goes on in the next line', 'GET / HTTP/1.1\r\nHost: x\r\nX-Long: a\r\n b\r\n\r\n', 400, 'bad_request'],
    ['a header with a name beyond ASCII', 'GET / HTTP/1.1\r\nHost: x\r\nX-Ü: a\r\n\r\n', 400, 'bad_request'],
    ['an address beyond ASCII', 'GET /tasks/ü HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'bad_request'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'bad_request'],
    ['an expectation', 'GET /health/live HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\r\n\r\n', 400, 'bad_request'],
    ['10,000 headers', `GET / HTTP/1.1\r\nHost: x\r\n${'a: b\r\n'.repeat(10_000)}\r\n`, 431, 'headers_too_large'],
  ])('is answered with a problem: %s', async (_, said, status, code) => {
    const client = await connect();
    await client.write(said);
    const answer = await client.answer();
    expect(problemOf(answer)).toMatchObject({ status, code });
    expect(answer.headers).toMatchObject(SECURE);
    await client.untilClosed();
    expect((await call('GET', `${service.url}/health/live`)).status).toBe(200);
  });
});

const SECURE = {
  'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
  'cache-control': 'no-store',
};

describe('every answer', () => {
  it.each([
    ['200', 'GET', '/health/live', null, 200],
    ['200 of the API', 'GET', '/agent', ADMIN_KEY, 200],
    ['400 of the router', 'GET', '/tasks/%zz', null, 400],
    ['401', 'GET', '/agent', null, 401],
    ['403', 'GET', '/admin/outbox', API_KEY, 403],
    ['404', 'GET', '/nothing', null, 404],
    ['404 of the API', 'GET', '/tasks/x', ADMIN_KEY, 404],
    ['404 of a page', 'GET', '/docs/nothing.js', null, 404],
    ['414', 'GET', `/tasks/${'x'.repeat(300)}`, null, 414],
    ['415', 'POST', '/agent/echo', ADMIN_KEY, 415],
    ['422', 'GET', '/admin/outbox?limit=0', ADMIN_KEY, 422],
    ['a preflight', 'OPTIONS', '/agent/echo', null, 404],
    ['a HEAD', 'HEAD', '/agent', ADMIN_KEY, 200],
    ['the page of the documentation', 'GET', '/docs', null, 200],
  ])('tells browsers to keep their hands off: %s', async (name, method, path, key, status) => {
    const post = method === 'POST' ? { body: 'x', headers: { 'content-type': 'text/plain' } } : {};
    const answer = await call(method, service.url + path, { key, ...post });
    expect(answer.status).toBe(status);
    const { 'content-security-policy': policy, ...rest } = SECURE;
    expect(Object.fromEntries(answer.headers)).toMatchObject(rest);
    expect(answer.headers.get('content-security-policy')).toMatch(
      path.startsWith('/docs') ? /script-src 'self';/ : new RegExp(`^${policy}$`),
    );
    expect(answer.headers.get('x-powered-by')).toBeNull();
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect([400, 414]).toContain(answer.headers.get('x-request-id') === null ? status : 400);
    expect(name).not.toBe('');
  });

  it('promises TLS only when others reach the service over it', async () => {
    expect((await call('GET', `${service.url}/health/live`)).headers.get('strict-transport-security')).toBeNull();
    const { securityHeaders } = await import('../../../src/platform/http/security-headers.js');
    expect(securityHeaders('https://postback.example.com')('/agent')).toMatchObject({
      'strict-transport-security': expect.stringMatching(/^max-age=31536000/),
    });
    const page = securityHeaders('https://postback.example.com')('/console/index.html')['content-security-policy'];
    expect(page).toContain("script-src 'self';");
    expect(page).not.toContain('unsafe-inline');
    expect(securityHeaders('http://x')('/consoles')['content-security-policy']).toBe(SECURE['content-security-policy']);
  });
});

describe('PORT=0 and no public URL', () => {
  it('make links that lead to the port that was found', async () => {
    const key = await newKey('links');
    const { headers, body } = await call('POST', `${service.url}/agent/echo`, { key, body: { payload: 1 } });
    const { port } = new URL(service.url);
    expect(port).not.toBe('0');
    expect(headers.get('location')).toBe(`http://localhost:${port}/tasks/${body.task_id}`);
    expect((await call('GET', body.links.self, { key })).status).toBe(200);
  });
});

/** Closed after all tests. */
async function connect(): Promise<RawClient> {
  const client = await RawClient.connect(service.url);
  open.push(client);
  return client;
}

const connections = (): Promise<number> =>
  new Promise((resolve, reject) =>
    service.app.getHttpServer().getConnections((error: Error | null, count: number) => (error ? reject(error) : resolve(count))),
  );

/** Of a tenant of its own, never used before. */
async function newKey(name: string): Promise<string> {
  const key = `key-of-${name.replaceAll(' ', '-')}`;
  await ensureApiKey(service.app.get(Database), { tenant: name, name, scopes: ['submit', 'read'], key });
  return key;
}

async function inGroups<T>(count: number, work: () => Promise<T>, size: number): Promise<T[]> {
  const done: T[] = [];
  while (done.length < count) done.push(...(await Promise.all(Array.from({ length: size }, work))));
  return done;
}

function problemOf({ headers, body, status }: RawAnswer): object {
  expect(headers['content-type']).toMatch(/^application\/problem\+json/);
  const problem = JSON.parse(body);
  expect(problem.status).toBe(status);
  return problem;
}
