import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Access } from '../../src/platform/http/principal.js';
import { RouteTable } from '../../src/platform/http/route-table.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { ADMIN_KEY, API_KEY, call, startService } from '../support/service.js';

/** Open to everybody, on purpose. Whoever adds one decides so here. */
const PUBLIC = [
  'GET /console',
  'GET /console/*',
  'GET /docs',
  'GET /docs/',
  'GET /docs/*',
  'GET /docs/LICENSE',
  'GET /docs/docs/swagger-ui-init.js',
  'GET /docs/index.html',
  'GET /docs/swagger-ui-init.js',
  'GET /health/live',
  'GET /health/ready',
  'GET /metrics',
  'GET /openapi.json',
  'GET /openapi.yaml',
  'POST /console/session',
];

interface Route {
  name: string;
  method: string;
  path: string;
  access: Access | null;
}

let database: TestDatabase;
let service: Awaited<ReturnType<typeof startService>>;
let routes: Route[];

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database);
  // what the router holds, whoever mounted it; a HEAD goes with its GET
  routes = service.app
    .get(RouteTable)
    .all.filter(({ method }) => method !== 'HEAD')
    .map(({ method, url, rule }) => ({ name: `${method} ${url}`, method, path: url, access: rule.access }));
});

afterAll(async () => {
  await service?.stop();
  await database?.drop();
});

describe('every route', () => {
  it('is found by this test', () => {
    const names = routes.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['POST /agent/:type', 'GET /tasks/:id', 'POST /tasks/:id/cancel', 'GET /admin/outbox', 'GET /health/live']),
    );
    expect(new Set(names).size).toBe(names.length);
  });

  it('says who may call it', () => {
    const silent = routes.filter(({ access }) => access !== 'public' && !(Array.isArray(access) && access.length > 0));
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  it('is closed unless it is one of the few that are public', () => {
    expect(
      routes
        .filter(({ access }) => access === 'public')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(PUBLIC);
  });

  it('below /admin is for admins only', () => {
    const admin = routes.filter(({ path }) => path.startsWith('/admin'));
    expect(admin.filter(({ access }) => JSON.stringify(access) !== '["admin"]').map(({ name }) => name)).toEqual([]);
  });

  it.each([
    ['without a key', null],
    ['with an unknown key', 'unknown-key'],
  ])('answers 401 %s', async (_, key) => {
    const closed = routes.filter(({ access }) => access !== 'public');
    const answers = await Promise.all(closed.map(async (route) => [route.name, await reach(route, key)] as const));
    expect(answers.filter(([, answer]) => answer.status !== 401 || answer.body?.code !== 'unauthorized')).toEqual([]);
  });

  it('that is public answers without a key', async () => {
    for (const route of routes.filter(({ access }) => access === 'public'))
      expect([401, 403]).not.toContain((await reach(route, null)).status);
  });

  it('answers 403 to a consumer where only an admin may go, and finds nothing for an admin', async () => {
    for (const route of routes.filter(({ path }) => path.startsWith('/admin'))) {
      expect([route.name, (await reach(route, API_KEY)).status]).toEqual([route.name, 403]);
      expect((await reach(route, ADMIN_KEY)).status).toBeLessThan(500);
    }
  });
});

describe('every route with an id', () => {
  const NO_IDS = ['1', 'not-a-uuid', '%00', '%27%20OR%201=1', '..%2f..%2fx', '%F0%9F%98%80', '%7B01890a5d%7D', '__proto__', 'constructor'];

  it('knows nothing under an id that is none, whatever it is', async () => {
    const strange: unknown[] = [];
    for (const { name, method, path } of routes.filter(({ path }) => path.includes(':'))) {
      // what a PATCH says is looked at first, and it must say something
      const more = method === 'PATCH' ? { body: {} } : {};
      const answers = await Promise.all(
        NO_IDS.map((id) => call(method, service.url + path.replace(/:\w+/, id), { key: ADMIN_KEY, ...more })),
      );
      strange.push(...answers.flatMap((answer, n) => (answer.body?.code === 'not_found' ? [] : [[name, NO_IDS[n], answer.text]])));
    }
    expect(strange).toEqual([]);
  });
});

describe('a method that is not of a route', () => {
  it('leads nowhere, and tells no browser that it may', async () => {
    const mounted = new Set(routes.map(({ name }) => name));
    const strange: unknown[] = [];
    for (const path of new Set(routes.filter(({ path }) => path.startsWith('/admin')).map((route) => route.path)))
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].filter((each) => !mounted.has(`${each} ${path}`))) {
        const { status, headers } = await reach({ name: '', method, path, access: null }, ADMIN_KEY);
        if (status !== 404 || headers.has('allow') || headers.has('access-control-allow-methods')) strange.push([method, path, status]);
      }
    expect(strange).toEqual([]);
  });

  it('is as closed as GET when it is HEAD', async () => {
    for (const route of routes.filter(({ name }) => name.startsWith('GET /admin'))) {
      const head = { ...route, method: 'HEAD' };
      expect([route.name, (await reach(head, null)).status, (await reach(head, API_KEY)).status]).toEqual([route.name, 401, 403]);
    }
  });
});

/** An address of the kind; ids are of nothing that exists. */
const reach = ({ method, path }: Route, key: string | null) =>
  call(method, service.url + path.replaceAll(/:type\b/g, 'echo').replaceAll(/:\w+/g, '01890a5d-ac96-774b-bcce-b302099a8057'), { key });
