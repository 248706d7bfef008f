import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RouteTable } from '../../src/platform/http/route-table.js';
import { claimTask, dueRow, openParts, type Parts, queuedTask } from '../support/parts.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { ADMIN_KEY, type Answered, call, sql, startService } from '../support/service.js';

const SECRETS = ['the-secret-of-an-endpoint', 'the-next-secret-of-an-endpoint', 'the-value-of-a-header'];

let database: TestDatabase;
let service: Awaited<ReturnType<typeof startService>>;
let parts: Parts;

beforeAll(async () => {
  database = await createTestDatabase();
  parts = await openParts(database);
  service = await startService(database, { POSTBACK_ROLES: 'api', POSTBACK_ALERT_SLACK_URL: 'http://127.0.0.1:9/nobody-listens' });
});

afterAll(async () => {
  await service?.stop();
  await parts?.close();
  await database?.drop();
});

const ask = (method: string, path: string, body?: unknown) =>
  call(method, service.url + path, { key: ADMIN_KEY, ...(body !== undefined && { body }) });

const endpoint = async () =>
  (
    await ask('POST', '/webhook-endpoints', {
      url: 'http://127.0.0.1:9/hook?token=of-the-caller',
      secret: SECRETS[0],
      headers: { 'x-token': SECRETS[2] },
    })
  ).body.id;
const key = async () => (await ask('POST', '/admin/keys', { tenant: 'acme', name: 'one', scopes: ['read'] })).body.id;

async function deadRow(): Promise<string> {
  const id = await dueRow(parts, database);
  await sql(
    database,
    `UPDATE postback.webhook_outbox SET status = 'dead', dead_reason = 'exhausted', dead_at = now(), next_attempt_at = NULL WHERE id = $1`,
    [id],
  );
  return id;
}

async function endedTask(): Promise<string> {
  const id = await queuedTask(parts);
  await ask('POST', `/tasks/${id}/cancel`);
  return id;
}

/** Its next step is a day off, so that it does not end by itself. */
async function batch(): Promise<string> {
  const [made] = await sql<{ id: string }>(
    database,
    `INSERT INTO postback.redelivery_batches (id, actor, next_step_at) VALUES (gen_random_uuid(), 'test', now() + interval '1 day') RETURNING id`,
  );
  return made!.id;
}

async function openAlert(): Promise<string> {
  const [alert] = await sql<{ id: string }>(
    database,
    `INSERT INTO postback.alerts (id, kind, severity, dedup_key, title, detail, tenant)
     VALUES (gen_random_uuid(), 'oldest_due', 'critical', gen_random_uuid(), 'Webhooks wait', '{}', 'default') RETURNING id`,
  );
  return alert!.id;
}

/** How to call each route that writes: its parameters, its body, and what is asked beforehand. */
const WRITES: Record<string, { target?: () => Promise<string>; body?: object; before?: (id: string) => Promise<unknown> }> = {
  'POST /webhook-endpoints': { body: { url: 'http://127.0.0.1:9/new', secret: SECRETS[0] } },
  'PATCH /webhook-endpoints/:id': { target: endpoint, body: { description: 'changed' } },
  'DELETE /webhook-endpoints/:id': { target: endpoint },
  'POST /webhook-endpoints/:id/rotate': { target: endpoint, body: { secret: SECRETS[1] } },
  'POST /webhook-endpoints/:id/pause': { target: endpoint },
  'POST /webhook-endpoints/:id/resume': { target: endpoint, before: (id) => ask('POST', `/webhook-endpoints/${id}/pause`) },
  'POST /webhook-endpoints/:id/test': { target: endpoint },
  'POST /admin/keys': { body: { tenant: 'acme', name: 'two', scopes: ['read'] } },
  'POST /admin/keys/:id/rotate': { target: key },
  'POST /admin/keys/:id/revoke': { target: key },
  'POST /admin/outbox/:id/redeliver': { target: deadRow },
  'POST /admin/alerts/:id/acknowledge': { target: openAlert },
  'POST /admin/alerts/test': {},
  'PATCH /admin/endpoints/:id': { target: endpoint, body: { description: 'changed by an admin' } },
  'POST /admin/endpoints/:id/pause': { target: endpoint },
  'POST /admin/endpoints/:id/resume': { target: endpoint, before: (id) => ask('POST', `/webhook-endpoints/${id}/pause`) },
  'POST /admin/endpoints/:id/enable': { target: endpoint, before: (id) => ask('POST', `/webhook-endpoints/${id}/pause`) },
  'POST /admin/endpoints/:id/test': { target: endpoint },
  'POST /admin/redeliveries': { body: { filter: { dead_reason: 'gone' } } },
  'POST /admin/redeliveries/:id/cancel': { target: batch },
  'POST /admin/tasks/:id/cancel': { target: () => queuedTask(parts) },
  'POST /admin/tasks/:id/retry': { target: endedTask },
};

/** They are about what belongs to many tenants, or to none. */
const NO_TENANT = ['POST /admin/alerts/test', 'POST /admin/redeliveries', 'POST /admin/redeliveries/:id/cancel'];

/** Calls a route of the table so that it does something. */
async function write(name: string): Promise<{ answer: Answered; id: string | null }> {
  const { target, body, before } = WRITES[name]!;
  const id = (await target?.()) ?? null;
  if (id !== null) await before?.(id);
  return prepared(name, id, body);
}

async function prepared(name: string, id: string | null, body: object | undefined) {
  const [method = '', path = ''] = name.split(' ');
  return { answer: await ask(method, path.replace(':id', id ?? ''), body), id };
}

describe('every route that changes something for an admin, or an endpoint', () => {
  it('is in the table of this test: say there how to call it', () => {
    const writing = service.app
      .get(RouteTable)
      .all.filter(({ method, url }) => !['GET', 'HEAD'].includes(method) && /^\/(admin|webhook-endpoints)\b/.test(url))
      .map(({ method, url }) => `${method} ${url}`);
    expect(writing.sort()).toEqual(Object.keys(WRITES).sort());
  });

  it.each(Object.keys(WRITES))('leaves who, what, when and from where: %s', async (name) => {
    const { answer, id } = await write(name);
    expect(answer.status).toBeLessThan(300);
    const rows = await sql(database, 'SELECT * FROM postback.audit_log WHERE request_id = $1', [answer.headers.get('x-request-id')]);
    const [admin] = await sql<{ id: string }>(database, "SELECT id FROM postback.api_keys WHERE name = 'bootstrap admin key'");
    expect(rows).toEqual([
      expect.objectContaining({
        actor: 'bootstrap admin key',
        key_id: admin!.id,
        ip: expect.stringMatching(/^(127\.0\.0\.1|::1)/),
        created_at: expect.any(Date),
        action: expect.stringMatching(/^[a-z]+\.[a-z]+$/),
        target_id: id ?? answer.body.id ?? 'sinks',
        tenant: NO_TENANT.includes(name) ? null : expect.any(String),
      }),
    ]);
    const { before, after } = rows[0]!;
    expect(before !== null || after !== null).toBe(true);
    expect(before).not.toEqual(after);
  });

  // a test is sent before anything can be written
  it.each(Object.keys(WRITES).filter((name) => !name.endsWith('/test')))(
    'changes nothing when that cannot be written: %s',
    async (name) => {
      const { target, body, before } = WRITES[name]!;
      const id = (await target?.()) ?? null;
      if (id !== null) await before?.(id);
      const untouched = await state();
      await sql(database, 'ALTER TABLE postback.audit_log ADD CONSTRAINT is_full CHECK (false) NOT VALID');
      try {
        expect((await prepared(name, id, body)).answer.status).toBe(500);
      } finally {
        await sql(database, 'ALTER TABLE postback.audit_log DROP CONSTRAINT is_full');
      }
      expect(await state()).toEqual(untouched);
    },
  );

  it('tells of a cancel what it moved, and cancels no run when that cannot be written', async () => {
    const id = await queuedTask(parts);
    await claimTask(parts, id);
    const untouched = await state();
    await sql(database, 'ALTER TABLE postback.audit_log ADD CONSTRAINT is_full CHECK (false) NOT VALID');
    try {
      expect((await ask('POST', `/admin/tasks/${id}/cancel`)).status).toBe(500);
    } finally {
      await sql(database, 'ALTER TABLE postback.audit_log DROP CONSTRAINT is_full');
    }
    expect(await state()).toEqual(untouched);
    expect((await ask('POST', `/admin/tasks/${id}/cancel`)).status).toBe(202);
    expect((await ask('POST', `/admin/tasks/${id}/cancel`)).status).toBe(202); // it is canceling: nothing more is changed
    expect(await sql(database, 'SELECT action, before, after FROM postback.audit_log WHERE target_id = $1', [id])).toEqual([
      { action: 'task.cancel', before: { stage: 'running' }, after: { stage: 'canceling' } },
    ]);
  });

  it('writes no secret', async () => {
    const log = await sql<{ line: string }>(database, 'SELECT a::text AS line FROM postback.audit_log a');
    expect(log.length).toBeGreaterThan(10);
    const hashes = await sql<{ hash: string }>(database, "SELECT encode(key_hash, 'hex') AS hash FROM postback.api_keys");
    for (const { line } of log) {
      for (const secret of [...SECRETS, ADMIN_KEY, ...hashes.map(({ hash }) => hash)]) expect(line).not.toContain(secret);
      expect(line).not.toMatch(/pb_[0-9a-f]{32}_|whsec_/);
    }
  });

  /** The rows of every table that these routes write to. */
  async function state(): Promise<unknown> {
    const tables = [
      'alerts',
      'api_keys',
      'redelivery_batches',
      'task_events',
      'tasks',
      'webhook_endpoints',
      'webhook_events',
      'webhook_outbox',
      'webhook_secrets',
    ];
    const parts = tables.map((table) => `(SELECT md5(string_agg(t::text, E'\\n' ORDER BY id)) FROM postback.${table} t) AS ${table}`);
    return (await sql(database, `SELECT ${parts.join(', ')}`))[0];
  }
});

describe('what changes nothing', () => {
  it('is not written down: pausing a disabled endpoint, redelivering what is on its way', async () => {
    const id = await endpoint();
    await sql(database, `UPDATE postback.webhook_endpoints SET state = 'disabled', state_reason = 'It answered 410.' WHERE id = $1`, [id]);
    expect((await ask('POST', `/webhook-endpoints/${id}/pause`)).status).toBe(409);
    const row = await dueRow(parts, database);
    expect((await ask('POST', `/admin/outbox/${row}/redeliver`)).status).toBe(409);
    expect(
      await sql(database, `SELECT FROM postback.audit_log WHERE target_id = $1 AND action <> 'endpoint.register' OR target_id = $2`, [
        id,
        row,
      ]),
    ).toEqual([]);
  });
});

describe('the audit log', () => {
  beforeEach(() => sql(database, 'TRUNCATE postback.audit_log'));

  it('tells the story of one thing, page by page, with what it was before and after', async () => {
    const id = await endpoint();
    await ask('POST', `/webhook-endpoints/${id}/pause`, { reason: 'moving' });
    await ask('PATCH', `/webhook-endpoints/${id}`, { headers: { 'x-token': 'another value' } });
    await ask('DELETE', `/webhook-endpoints/${id}`);
    const first = (await ask('GET', `/admin/audit?target_id=${id}&limit=3`)).body;
    const second = (await ask('GET', `/admin/audit?target_id=${id}&limit=3&cursor=${first.next_cursor}`)).body;
    const all = [...first.items, ...second.items];
    expect(all.map(({ action }) => action)).toEqual(['endpoint.delete', 'endpoint.change', 'endpoint.pause', 'endpoint.register']);
    expect(second.next_cursor).toBeNull();
    expect(all[0]).toMatchObject({ before: { state: 'paused' }, after: null, target_type: 'endpoint', tenant: 'default' });
    expect(all[2]).toMatchObject({
      before: { state: 'active' },
      after: { state: 'paused', state_reason: 'moving', header_names: ['x-token'] },
    });
    expect(all[3]).toMatchObject({ before: null, after: { url: 'http://127.0.0.1:9/hook' } });
    expect(JSON.stringify(all)).not.toContain('of-the-caller');
  });

  it('is searched by who, what, whose and when', async () => {
    const id = await key();
    const [entry] = (await ask('GET', '/admin/audit')).body.items;
    const found = async (query: string) => (await ask('GET', `/admin/audit?${query}`)).body.items.length;
    expect(entry).toMatchObject({ action: 'key.create', target_id: id, tenant: 'acme' });
    expect(await found('action=key.create&tenant=acme')).toBe(1);
    expect(await found(`key_id=${entry.key_id}&since=2020-01-01`)).toBe(1);
    expect(await found(`until=${entry.created_at}`)).toBe(0);
    expect(await found('action=key.revoke')).toBe(0);
    expect((await ask('GET', '/admin/audit?sort=id;drop%20table')).status).toBe(422);
    expect((await ask('GET', '/admin/audit?cursor=x')).status).toBe(422);
  });

  it('is only added to', async () => {
    await key();
    await expect(sql(database, "UPDATE postback.audit_log SET actor = 'somebody else'")).rejects.toThrow(/only added to/);
  });
});
