import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { ADMIN_KEY, type Answered, API_KEY, call, sql, startService } from '../support/service.js';

let database: TestDatabase;
let service: Awaited<ReturnType<typeof startService>>;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database, {
    POSTBACK_ROLES: 'api',
    POSTBACK_PUBLIC_URL: 'https://postback.example.com',
    POSTBACK_KEY_CACHE_MS: '0',
    POSTBACK_TRUSTED_PROXIES: '127.0.0.0/8',
  });
});

afterAll(async () => {
  await service?.stop();
  await database?.drop();
});

const OWN = { origin: 'https://postback.example.com', 'sec-fetch-site': 'same-origin' };

/** Every sign-in of this file comes from an address of its own, so that wrong keys of one test are not held against the next. */
let addresses = 0;
const signIn = (key: unknown, headers: Record<string, string> = {}) => {
  addresses += 1;
  const from = { 'x-forwarded-for': `203.0.113.${addresses}` };
  return call('POST', `${service.url}/console/session`, { key: null, body: { key }, headers: { ...from, ...OWN, ...headers } });
};

const cookieOf = ({ headers }: Answered): string => headers.get('set-cookie')!.split(';')[0]!;

const signedIn = async (key = ADMIN_KEY): Promise<string> => cookieOf(await signIn(key));

const ask = (cookie: string, method: string, path: string, headers: Record<string, string> = OWN) =>
  call(method, service.url + path, { key: null, headers: { cookie, ...headers } });

const aKey = async (more: object = {}) =>
  (await call('POST', `${service.url}/admin/keys`, { key: ADMIN_KEY, body: { tenant: 'acme', name: 'ops', scopes: ['admin'], ...more } }))
    .body;

describe('signing in at the console', () => {
  it('gives a cookie that no script and no other site gets at, and that stands for the key', async () => {
    const answer = await signIn(ADMIN_KEY);
    expect(answer.status).toBe(204);
    expect(answer.headers.get('set-cookie')).toMatch(
      /^__Host-postback_session=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure$/,
    );
    const cookie = cookieOf(answer);
    const session = await ask(cookie, 'GET', '/console/session');
    expect(session.body).toEqual({
      key_id: expect.any(String),
      name: 'bootstrap admin key',
      tenant: 'default',
      scopes: ['submit', 'read', 'admin'],
      expires_at: expect.any(String),
    });
    expect((Date.parse(session.body.expires_at) - Date.parse(answer.headers.get('date')!)) / 3_600_000).toBeCloseTo(12, 1);
    const listed = await ask(cookie, 'GET', '/admin/keys');
    expect(listed.status).toBe(200);
    expect(listed.headers.get('ratelimit')).toMatch(/^"key";r=/);
    expect((await ask(cookie, 'GET', '/tasks')).status).toBe(200);
  });

  it('stores a hash and no token, and writes down who came and went', async () => {
    const { id: keyId, key } = await aKey({ name: 'on-call' });
    const cookie = await signedIn(key);
    const token = cookie.split('=')[1]!;
    for (const { row } of await sql<{ row: string }>(database, 'SELECT s::text AS row FROM postback.console_sessions s'))
      expect(row).not.toContain(token);
    expect((await ask(cookie, 'DELETE', '/console/session')).status).toBe(204);
    const log = await sql(
      database,
      'SELECT action, actor, tenant, ip, before, after FROM postback.audit_log WHERE key_id = $1 ORDER BY id',
      [keyId],
    );
    const ip = expect.stringMatching(/^203\.0\.113\./);
    const expires = { expires_at: expect.any(String) };
    expect(log).toEqual([
      { action: 'session.create', actor: 'on-call', tenant: 'acme', ip, before: null, after: expires },
      { action: 'session.delete', actor: 'on-call', tenant: 'acme', ip: expect.any(String), before: expires, after: null },
    ]);
    expect(JSON.stringify(log)).not.toContain(token);
  });

  it.each([
    ['an unknown key', 'no-such-key', 401, 'unauthorized'],
    ["a consumer's key", API_KEY, 403, 'forbidden'],
    ['no key at all', undefined, 422, 'validation_failed'],
    ['something else than a key', ['x'], 422, 'validation_failed'],
  ])('is refused with %s', async (_, key, status, code) => {
    const answer = await signIn(key);
    expect(answer).toMatchObject({ status, body: { code } });
    expect(answer.headers.get('set-cookie')).toBeNull();
  });

  it('parses next to nothing for somebody who has not said who he is', async () => {
    expect(await signIn('x'.repeat(1_500))).toMatchObject({ status: 422 });
    expect(await signIn('x'.repeat(2_100))).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
  });

  it('is refused on the page of another site, which would sign its visitors in', async () => {
    expect((await signIn(ADMIN_KEY, { origin: 'https://evil.example' })).body.code).toBe('origin_refused');
    expect((await signIn(ADMIN_KEY, { 'sec-fetch-site': 'same-site' })).body.code).toBe('origin_refused');
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain; application/json'])(
    'is refused as %s, which a form of any page can send',
    async (type) => {
      const answer = await signIn(ADMIN_KEY, { 'content-type': type });
      expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
      expect(answer.headers.get('set-cookie')).toBeNull();
    },
  );

  it('makes an address that keeps entering wrong keys wait, and no other one', async () => {
    const from = (address: string, key: string) => signIn(key, { 'x-forwarded-for': address });
    const tries = await Promise.all(Array.from({ length: 30 }, () => from('198.51.100.7', 'a-guessed-key')));
    expect(tries.filter(({ status }) => status === 401)).toHaveLength(10);
    const refused = tries.find(({ status }) => status === 429)!;
    expect(refused.body.code).toBe('too_many_sign_ins');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await from('198.51.100.7', ADMIN_KEY)).status).toBe(429); // else it would say which guess was right
    expect((await from('198.51.100.8', ADMIN_KEY)).status).toBe(204);
    for (let time = 0; time < 15; time += 1) expect((await from('198.51.100.9', ADMIN_KEY)).status).toBe(204);
  });

  it('ends the session that the browser had, and never takes a token over', async () => {
    const first = await signedIn();
    const second = cookieOf(await signIn(ADMIN_KEY, { cookie: first }));
    expect(second).not.toBe(first);
    expect((await ask(first, 'GET', '/console/session')).status).toBe(401);
    const planted = `__Host-postback_session=${'A'.repeat(43)}`;
    expect(cookieOf(await signIn(ADMIN_KEY, { cookie: planted }))).not.toBe(planted);
    expect((await ask(planted, 'GET', '/console/session')).status).toBe(401);
  });

  it('goes by no cookie that a neighbouring host could have set', async () => {
    const mine = await signedIn();
    const planted = mine.replace('__Host-', '');
    expect((await ask(planted, 'GET', '/console/session')).status).toBe(401);
    expect((await ask(`${planted}; ${mine}`, 'GET', '/console/session')).status).toBe(200);
  });

  it('works without TLS, under a name that browsers take then', async () => {
    const plain = await startService(database, { POSTBACK_ROLES: 'api' });
    try {
      const { headers } = await call('POST', `${plain.url}/console/session`, { key: null, body: { key: ADMIN_KEY } });
      expect(headers.get('set-cookie')).toMatch(/^postback_session=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/);
      const cookie = headers.get('set-cookie')!.split(';')[0]!;
      expect((await call('GET', `${plain.url}/console/session`, { key: null, headers: { cookie } })).status).toBe(200);
    } finally {
      await plain.stop();
    }
  });

  it('lets one key in so often at a time; the oldest session makes room', async () => {
    const { id, key } = await aKey();
    const oldest = await signedIn(key);
    for (let more = 0; more < 50; more += 1) await signedIn(key);
    const [count] = await sql<{ n: string }>(database, 'SELECT count(*) AS n FROM postback.console_sessions WHERE key_id = $1', [id]);
    expect(count!.n).toBe('50');
    expect((await ask(oldest, 'GET', '/console/session')).status).toBe(401);
  });
});

describe('a session', () => {
  it('is over after sign-out, and the browser is told to drop the cookie', async () => {
    const cookie = await signedIn();
    const out = await ask(cookie, 'DELETE', '/console/session');
    expect(out.headers.get('set-cookie')).toMatch(/^__Host-postback_session=; Path=\/; Max-Age=0; HttpOnly; SameSite=Strict; Secure$/);
    const after = await ask(cookie, 'GET', '/admin/stats');
    expect(after).toMatchObject({ status: 401, body: { code: 'unauthorized', detail: expect.stringContaining('sign in') } });
  });

  it('is over when its time is', async () => {
    const cookie = await signedIn();
    await sql(database, "UPDATE postback.console_sessions SET expires_at = now() - interval '1 ms'");
    expect((await ask(cookie, 'GET', '/admin/stats')).status).toBe(401);
  });

  it.each([
    ['is revoked', 'revoked_at = now()'],
    ['expires', "expires_at = now() - interval '1 ms'"],
    ['is no longer an admin’s', "scopes = '{read}'"],
  ])('is over when its key %s', async (_, change) => {
    const { id, key } = await aKey();
    const cookie = await signedIn(key);
    expect((await ask(cookie, 'GET', '/admin/stats')).status).toBe(200);
    await sql(database, `UPDATE postback.api_keys SET ${change} WHERE id = $1`, [id]);
    expect((await ask(cookie, 'GET', '/admin/stats')).status).toBe(401);
  });

  it('does not outlive its key', async () => {
    const { key, expires_at } = await aKey({ expires_in: 3_600 });
    const cookie = await signedIn(key);
    expect((await ask(cookie, 'GET', '/console/session')).body.expires_at).toBe(expires_at);
  });

  it('is none for who sends the key itself', async () => {
    for (const method of ['GET', 'DELETE'])
      expect((await call(method, `${service.url}/console/session`, { key: ADMIN_KEY })).body).toMatchObject({
        status: 401,
        code: 'unauthorized',
      });
  });

  it.each([
    ['of another site', { origin: 'https://evil.example' }],
    ['of a sibling', { origin: 'https://www.example.com', 'sec-fetch-site': 'same-site' }],
    ['without TLS', { origin: 'http://postback.example.com' }],
    ['that nobody names', {}],
    ['of a sandbox', { origin: 'null' }],
    ['that claims to be ours', { origin: OWN.origin, 'sec-fetch-site': 'cross-site' }],
  ])('changes nothing for a page %s', async (_, headers) => {
    const cookie = await signedIn();
    const refused = await ask(cookie, 'POST', '/admin/alerts/test', headers as Record<string, string>);
    expect(refused).toMatchObject({ status: 403, body: { code: 'origin_refused' } });
    expect((await ask(cookie, 'POST', '/agent/echo', headers as Record<string, string>)).status).toBe(403);
    // not even with a key of its own beside the cookie
    const both = { headers: { cookie, ...headers } as Record<string, string>, key: ADMIN_KEY };
    expect((await call('POST', `${service.url}/admin/alerts/test`, both)).status).toBe(403);
    expect((await ask(cookie, 'GET', '/admin/stats', headers as Record<string, string>)).status).toBe(200);
  });

  it('changes things for our own page, at the public address and where it was asked', async () => {
    const cookie = await signedIn();
    expect((await ask(cookie, 'POST', '/admin/alerts/test', OWN)).body.code).toBe('no_alert_sinks');
    expect((await ask(cookie, 'POST', '/admin/alerts/test', { origin: service.url })).body.code).toBe('no_alert_sinks');
  });

  it('asks nothing of who sends a key and no cookie', async () => {
    const plain = await call('POST', `${service.url}/admin/alerts/test`, { key: ADMIN_KEY, headers: { origin: 'https://evil.example' } });
    expect(plain.body.code).toBe('no_alert_sinks');
  });

  it('is no way around a wrong key', async () => {
    const headers = { cookie: await signedIn() };
    expect((await call('GET', `${service.url}/admin/stats`, { key: 'no-such-key', headers })).status).toBe(401);
  });
});

describe('the page at /console', () => {
  it('is there without a key, or says how to build it', async () => {
    const page = await call('GET', `${service.url}/console`, { key: null });
    if (page.status === 200) expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    else
      expect(page).toMatchObject({
        status: 404,
        body: { code: 'console_not_built', detail: expect.stringContaining('npm run build:console') },
      });
    expect(page.headers.get('content-security-policy')).toContain("form-action 'self'");
  });
});
