import { execFile } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../src/platform/package-root.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { ADMIN_KEY, call, sql, startService, testEnvironment } from '../support/service.js';

let database: TestDatabase;
let service: Awaited<ReturnType<typeof startService>>;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database, { POSTBACK_ROLES: 'api', POSTBACK_KEY_CACHE_MS: '0' });
});

afterAll(async () => {
  await service?.stop();
  await database?.drop();
});

const admin = (method: string, path: string, body?: unknown) =>
  call(method, `${service.url}/admin/keys${path}`, { key: ADMIN_KEY, ...(body !== undefined && { body }) });

async function create(more: object = {}) {
  const answer = await admin('POST', '', { tenant: 'acme', name: 'one', scopes: ['submit', 'read'], ...more });
  expect(answer).toMatchObject({ status: 201 });
  return answer.body;
}

/** What a request with this key is answered. */
const knock = async (key: string) => (await call('GET', `${service.url}/agent`, { key })).status;

describe('an API key', () => {
  it('is shown once, stored as a hash, and opens what its scopes say for its tenant', async () => {
    const made = await create({ expires_in: 3_600 });
    expect(made.key).toMatch(new RegExp(`^pb_${made.id.replaceAll('-', '')}_[\\w-]{32}$`));
    expect(made).toMatchObject({
      tenant: 'acme',
      name: 'one',
      scopes: ['submit', 'read'],
      revoked_at: null,
      last_used_at: null,
      replaces: null,
    });
    expect(Date.parse(made.expires_at) - Date.parse(made.created_at)).toBe(3_600_000);
    expect(await knock(made.key)).toBe(200);
    expect((await call('GET', `${service.url}/admin/keys`, { key: made.key })).status).toBe(403);
    const task = await call('POST', `${service.url}/agent/echo`, { key: made.key, body: { payload: 1 } });
    expect(await sql(database, 'SELECT tenant FROM postback.tasks WHERE id = $1', [task.body.task_id])).toEqual([{ tenant: 'acme' }]);
    const random = made.key.split('_').slice(2).join('_'); // may hold the separator itself
    for (const { row } of await sql<{ row: string }>(database, 'SELECT k::text AS row FROM postback.api_keys k'))
      expect(row).not.toContain(random);
    expect((await admin('GET', '')).text).not.toContain(random);
  });

  it.each([
    [['read'], { tasks: 200, submit: 403, admin: 403 }],
    [['submit'], { tasks: 200, submit: 202, admin: 403 }],
    [['admin'], { tasks: 200, submit: 202, admin: 200 }],
  ])('may do what its scopes say: %j', async (scopes, expected) => {
    const { key } = await create({ scopes });
    expect({
      tasks: (await call('GET', `${service.url}/agent`, { key })).status,
      submit: (await call('POST', `${service.url}/agent/echo`, { key, body: { payload: 1 } })).status,
      admin: (await call('GET', `${service.url}/admin/outbox`, { key })).status,
    }).toEqual(expected);
  });

  it('is refused once revoked, and stays so', async () => {
    const { id, key } = await create();
    expect(await knock(key)).toBe(200);
    const revoked = await admin('POST', `/${id}/revoke`);
    expect(revoked).toMatchObject({ status: 200, body: { id, revoked_at: expect.any(String) } });
    expect(await knock(key)).toBe(401);
    expect((await admin('POST', `/${id}/revoke`)).body).toEqual(revoked.body);
    expect((await admin('POST', `/${id}/rotate`)).body).toMatchObject({ status: 409, code: 'key_not_live' });
  });

  it('is refused once expired', async () => {
    const { id, key } = await create({ expires_in: 60 });
    await sql(database, "UPDATE postback.api_keys SET expires_at = now() - interval '1 ms' WHERE id = $1", [id]);
    expect(await knock(key)).toBe(401);
    expect((await admin('POST', `/${id}/rotate`)).body).toMatchObject({ code: 'key_not_live' });
  });

  it('is rotated: two are live for the overlap, then the new one alone', async () => {
    const former = await create({ expires_in: 86_400 });
    const rotated = await admin('POST', `/${former.id}/rotate`, { overlap_seconds: 600 });
    expect(rotated).toMatchObject({ status: 200, body: { tenant: 'acme', name: 'one', scopes: ['submit', 'read'], replaces: former.id } });
    expect(rotated.body.key).not.toBe(former.key);
    expect(Date.parse(rotated.body.expires_at) - Date.parse(rotated.body.created_at)).toBe(86_400_000);
    expect([await knock(former.key), await knock(rotated.body.key)]).toEqual([200, 200]);
    expect((await admin('POST', `/${former.id}/rotate`)).body).toMatchObject({ status: 409, code: 'key_replaced' });
    await sql(database, "UPDATE postback.api_keys SET expires_at = expires_at - interval '600 s' WHERE id = $1", [former.id]);
    expect([await knock(former.key), await knock(rotated.body.key)]).toEqual([401, 200]);
  });

  it('is rotated again, for as long as it was made for, once the key that replaced it is revoked', async () => {
    for (const [wanted, days] of [
      [{}, null],
      [{ expires_in: 90 * 86_400 }, 90],
    ] as const) {
      const { id } = await create(wanted);
      const lost = await admin('POST', `/${id}/rotate`, { overlap_seconds: 3_600 });
      await admin('POST', `/${lost.body.id}/revoke`);
      const { status, body } = await admin('POST', `/${id}/rotate`, { overlap_seconds: 3_600 });
      expect(status).toBe(200);
      const lifetime = body.expires_at && (Date.parse(body.expires_at) - Date.parse(body.created_at)) / 86_400_000;
      expect(lifetime).toBe(days);
    }
  });

  it('is rotated without overlap when it has leaked', async () => {
    const former = await create();
    const { body } = await admin('POST', `/${former.id}/rotate`, { overlap_seconds: 0 });
    expect([await knock(former.key), await knock(body.key)]).toEqual([401, 200]);
    expect(body.expires_at).toBeNull();
  });

  it('is rotated once, however many ask at the same time', async () => {
    const { id } = await create();
    const answers = await Promise.all([1, 2, 3].map(() => admin('POST', `/${id}/rotate`)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
  });

  it.each([
    ['tenant', { tenant: '' }],
    ['tenant', { tenant: 'a b' }],
    ['tenant', { tenant: ['a'] }],
    ['name', { name: 'a\nb' }],
    ['name', { name: 'x'.repeat(101) }],
    ['scopes', { scopes: [] }],
    ['scopes', { scopes: ['root'] }],
    ['scopes', { scopes: ['read', 'read'] }],
    ['scopes', { scopes: 'read' }],
    ['expires_in', { expires_in: 59 }],
    ['expires_in', { expires_in: 1e12 }],
    ['expires_in', { expires_in: '60' }],
    ['key', { key: 'chosen-by-the-caller' }],
    ['revoked_at', { revoked_at: null }],
  ])('is not made with a wrong %s: %j', async (field, more) => {
    const answer = await admin('POST', '', { tenant: 'acme', name: 'one', scopes: ['read'], ...more });
    expect(answer).toMatchObject({ status: 422, body: { code: 'validation_failed', errors: [{ field }] } });
  });

  it('is listed by page, of one tenant when one is named', async () => {
    for (const name of ['a', 'b', 'c']) await create({ tenant: 'paged', name });
    const first = (await admin('GET', '?tenant=paged&limit=2')).body;
    const second = (await admin('GET', `?tenant=paged&limit=2&cursor=${first.next_cursor}`)).body;
    expect([...first.items, ...second.items].map(({ name }: { name: string }) => name)).toEqual(['c', 'b', 'a']);
    expect(second.next_cursor).toBeNull();
  });

  it('of the configuration is there after boot, with its tenant and scopes', async () => {
    const { items } = (await admin('GET', '?tenant=default')).body;
    expect(items.map(({ name, scopes }: { name: string; scopes: string[] }) => [name, scopes])).toEqual([
      ['bootstrap admin key', ['submit', 'read', 'admin']],
      ['bootstrap consumer key', ['submit', 'read']],
    ]);
  });
});

describe('a key of the configuration', () => {
  const log = (id: string) =>
    sql<{ action: string; actor: string; before: object; after: object }>(
      database,
      'SELECT action, actor, before, after FROM postback.audit_log WHERE target_id = $1 ORDER BY created_at, id',
      [id],
    );
  const restart = async () => (await startService(database, { POSTBACK_ROLES: 'api' })).stop();

  it('is written down when a boot makes it, and when one brings it back, and not otherwise', async () => {
    const [made] = await sql<{ id: string }>(database, "SELECT id FROM postback.api_keys WHERE name = 'bootstrap consumer key'");
    const { id } = made!;
    await restart();
    expect(await log(id)).toEqual([
      {
        action: 'key.create',
        actor: expect.stringMatching(/^boot with POSTBACK_BOOTSTRAP_API_KEY \(.+\)$/),
        before: null,
        after: expect.objectContaining({ name: 'bootstrap consumer key', scopes: ['submit', 'read'], revoked_at: null }),
      },
    ]);
    await admin('POST', `/${id}/revoke`);
    await restart();
    expect((await log(id)).map(({ action }) => action)).toEqual(['key.create', 'key.revoke', 'key.restore']);
    expect((await log(id)).at(-1)).toMatchObject({ before: { revoked_at: expect.any(String) }, after: { revoked_at: null } });
  });
});

describe('npm run keys', () => {
  // no master key: none is needed
  const { POSTBACK_MASTER_KEY: _, ...environment } = testEnvironment({ url: '', drop: async () => {} });
  const run = (...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> => {
    const env = { PATH: process.env.PATH ?? '', ...environment, DATABASE_URL: database.url };
    return new Promise((resolve) => {
      const script = packageRoot('dist/src/manage-keys.js');
      const child = execFile(process.execPath, [script, ...args], { env }, (_error, stdout, stderr) =>
        resolve({ status: child.exitCode ?? -1, stdout: stdout.trim(), stderr: stderr.trim() }),
      );
    });
  };

  it('creates a key that works, prints it alone, lists it without, rotates and revokes it, and writes down who did', async () => {
    const created = await run('create', '--tenant', 'cli', '--name', 'from a shell', '--scopes', 'submit, read', '--expires-in', '90d');
    expect(created).toMatchObject({ status: 0, stdout: expect.stringMatching(/^pb_[0-9a-f]{32}_[\w-]{32}$/) });
    expect(await knock(created.stdout)).toBe(200);

    const listed = await run('list', '--tenant', 'cli');
    const [id] = listed.stdout.split('\t');
    expect(listed.stdout).toMatch(/^[0-9a-f-]{36}\tcli\tsubmit,read\texpires \S+\tused \S+\tfrom a shell$/);

    const rotated = await run('rotate', id!, '--overlap', '1h');
    expect(rotated.status).toBe(0);
    expect([await knock(created.stdout), await knock(rotated.stdout)]).toEqual([200, 200]);

    expect(await run('revoke', id!)).toMatchObject({ status: 0, stdout: '' });
    expect([await knock(created.stdout), await knock(rotated.stdout)]).toEqual([401, 200]);

    const log = await sql(database, "SELECT action, actor, key_id FROM postback.audit_log WHERE tenant = 'cli' ORDER BY created_at, id");
    expect(log).toEqual(
      ['key.create', 'key.rotate', 'key.revoke'].map((action) => ({
        action,
        actor: expect.stringMatching(/^npm run keys \(.+\)$/),
        key_id: null,
      })),
    );
  });

  it.each([['--help'], ['-h'], ['create', '--help']])('says how it is used when it is asked: %s', async (...args) => {
    expect(await run(...args)).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^Manages API keys\.[\s\S]*keys -- create/),
      stderr: '',
    });
  });

  it.each(['revoke no-id', 'rotate no-id', 'revoke'])('says how it is used, and ends, when it is told no id: %s', async (line) => {
    expect(await run(...line.split(' '))).toEqual({ status: 1, stdout: '', stderr: expect.stringMatching(/^Name the id of a key/) });
  });

  it('says what is wrong, and changes nothing', async () => {
    const [nothing, unknown, little, missing] = await Promise.all([
      run(),
      run('create', '--nope'),
      run('create', '--tenant', 'x'),
      run('revoke', '01890a5d-ac96-774b-bcce-b302099a8057'),
    ]);
    expect(nothing).toMatchObject({ status: 1, stderr: expect.stringContaining('npm run keys -- create') });
    expect(unknown).toMatchObject({ status: 1, stderr: expect.stringContaining('--nope') });
    expect(little).toMatchObject({ status: 1, stderr: expect.stringMatching(/name: [\s\S]*scopes: /) });
    expect(missing).toMatchObject({ status: 1, stderr: expect.stringContaining('There is no key') });
  });
});
