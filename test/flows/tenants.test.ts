import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database } from '../../src/platform/database/database.js';
import { ensureApiKey } from '../../src/platform/http/api-keys.js';
import { RouteTable } from '../../src/platform/http/route-table.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { call, sql, startService } from '../support/service.js';

const STRANGER = 'key-of-another-tenant';

let database: TestDatabase;
let service: Awaited<ReturnType<typeof startService>>;
/** By the beginning of a path: the id of something of tenant `default` that its `:id` names. */
let ids: Record<string, string>;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database, { POSTBACK_ROLES: 'api' });
  // of all scopes: only the tenant stands between him and the ids
  await ensureApiKey(service.app.get(Database), { tenant: 'other', name: 'other', scopes: ['submit', 'read', 'admin'], key: STRANGER });
  const task = await call('POST', `${service.url}/agent/echo`, { body: { payload: 1 } });
  const endpoint = await call('POST', `${service.url}/webhook-endpoints`, { body: { url: 'http://127.0.0.1:9/hook' } });
  ids = { '/tasks/': task.body.task_id, '/webhook-endpoints/': endpoint.body.id };
});

afterAll(async () => {
  await service?.stop();
  await database?.drop();
});

/** Everything with an id but `/admin`, which is for all tenants. */
const routesWithIds = () =>
  service.app.get(RouteTable).all.filter(({ method, url }) => method !== 'HEAD' && url.includes('/:id') && !url.startsWith('/admin/'));

const beginning = (url: string): string => url.slice(0, url.indexOf(':'));

describe("another tenant's id", () => {
  it('is known to this test for every route: say there whose id a new one takes', () => {
    const paths = routesWithIds().map(({ url }) => beginning(url));
    expect(paths.length).toBeGreaterThan(8);
    expect([...new Set(paths)].sort()).toEqual(Object.keys(ids).sort());
  });

  it('is a 404 everywhere, like one that never was, and nothing is changed', async () => {
    const before = await state();
    for (const { method, url } of routesWithIds()) {
      const ask = (id: string) =>
        call(method, service.url + url.replace(':id', id), { key: STRANGER, ...(method === 'PATCH' && { body: {} }) });
      const [theirs, nobodys, nonsense] = await Promise.all([
        ask(ids[beginning(url)]!),
        ask('01890a5d-ac96-774b-bcce-b302099a8057'),
        ask("x' OR 1=1"),
      ]);
      expect([method, url, theirs.status, theirs.body?.code]).toEqual([method, url, 404, 'not_found']);
      expect([nobodys.text, nonsense.text]).toEqual([theirs.text, theirs.text]);
    }
    expect(await state()).toEqual(before);
  });

  it('is in no list', async () => {
    for (const { method, url } of service.app.get(RouteTable).all) {
      if (method !== 'GET' || url.includes(':') || url.startsWith('/admin')) continue;
      const { text } = await call('GET', service.url + url, { key: STRANGER });
      for (const id of Object.values(ids)) expect([url, text.includes(id)]).toEqual([url, false]);
    }
  });

  it('cannot be named in a submit either', async () => {
    const body = { payload: 1, webhook_endpoint_id: ids['/webhook-endpoints/'] };
    const answer = await call('POST', `${service.url}/agent/echo`, { key: STRANGER, body });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ field: 'webhook_endpoint_id' }] } });
  });

  it('does not come from an Idempotency-Key that both use', async () => {
    const headers = { 'idempotency-key': 'the-same-for-both' };
    const [mine, theirs] = await Promise.all([
      call('POST', `${service.url}/agent/echo`, { headers, body: { payload: 'mine' } }),
      call('POST', `${service.url}/agent/echo`, { headers, body: { payload: 'theirs' }, key: STRANGER }),
    ]);
    expect([mine.status, theirs.status]).toEqual([202, 202]);
    expect(mine.body.task_id).not.toBe(theirs.body.task_id);
  });
});

async function state(): Promise<unknown> {
  const tables = ['tasks', 'task_events', 'webhook_endpoints', 'webhook_outbox', 'webhook_secrets', 'audit_log'];
  const columns = tables.map((table) => `(SELECT md5(string_agg(t::text, E'\\n' ORDER BY id)) FROM postback.${table} t) AS ${table}`);
  return (await sql(database, `SELECT ${columns.join(', ')}`))[0];
}
