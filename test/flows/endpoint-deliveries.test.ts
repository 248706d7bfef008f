import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { Database } from '../../src/platform/database/database.js';
import { ensureApiKey } from '../../src/platform/http/api-keys.js';
import { EndpointsApi } from '../support/endpoints.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { type Answer, Receiver } from '../support/receiver.js';
import { type Answered, call, sql, startService } from '../support/service.js';

const OTHER_TENANTS_KEY = 'key-of-another-tenant';
const SECRET = 'a secret of the submit itself';

let database: TestDatabase;
let service: Awaited<ReturnType<typeof startService>>;
let api: EndpointsApi;
const receivers: Receiver[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database, { POSTBACK_SWEEP_INTERVAL_MS: '100' });
  await ensureApiKey(service.app.get(Database), { tenant: 'other', name: 'other', scopes: ['submit', 'read'], key: OTHER_TENANTS_KEY });
  api = new EndpointsApi(service.url);
});

afterEach(async () => {
  for (const receiver of receivers.splice(0)) await receiver.stop();
});

afterAll(async () => {
  await service?.stop();
  await database?.drop();
});

describe('a task that names registered endpoints', () => {
  it('tells each of them the same event, signed with its own secret and with its own headers', async () => {
    const [first, second, adHoc] = [await receiver(200), await receiver(200), await receiver(200)];
    const a = await api.register({ url: first.url('/a?x=1'), headers: { Authorization: 'Bearer a', 'X-Odd': 'b  c' } });
    const b = await api.register({ url: second.url('/b') });
    await submit({ webhook_endpoint_id: [a.id, b.id.toUpperCase()], webhook_url: adHoc.url(), webhook_secret: SECRET });
    const [atFirst, atSecond, atAdHoc] = await Promise.all([first, second, adHoc].map(async (each) => (await each.requests(1))[0]!));
    expect(atFirst!.path).toBe('/a?x=1');
    expect(atFirst!.headers).toMatchObject({ authorization: 'Bearer a', 'x-odd': 'b  c', 'content-type': 'application/json' });
    expect(atSecond!.headers).not.toHaveProperty('authorization');
    for (const [received, verifier] of [
      [atFirst!, new Webhook(a.secret)],
      [atSecond!, new Webhook(b.secret)],
      [atAdHoc!, new Webhook(new TextEncoder().encode(SECRET), { format: 'raw' })],
    ] as const) {
      expect(verifier.verify(received.body, received.headers as Record<string, string>)).toMatchObject({ type: 'task.completed' });
      expect(received.headers['webhook-id']).toBe(atFirst!.headers['webhook-id']);
    }
    expect(new Set([atFirst, atSecond, atAdHoc].map((received) => received!.headers['webhook-delivery-id'])).size).toBe(3);
  });

  it('tells only those that asked for the event, and of these only what the submit lets through', async () => {
    const taken = await receiver(200);
    const all = await api.register({ url: taken.url('/all') });
    const failures = await api.register({ url: taken.url('/failures'), events: ['task.failed', 'task.error'] });
    const completions = await api.register({ url: taken.url('/completions'), events: ['task.completed'] });
    const ids = [all.id, failures.id, completions.id];
    const completed = await ended(await submit({ webhook_endpoint_id: ids }));
    const failed = await ended(await submit({ webhook_endpoint_id: ids, fail: 'failed' }));
    const silenced = await ended(await submit({ webhook_endpoint_id: ids, webhook_events: ['task.expired'] }));
    expect(await told(completed)).toEqual([all.id, completions.id].sort());
    expect(await told(failed)).toEqual([all.id, failures.id].sort());
    expect(await told(silenced)).toEqual([]);
    expect(await sql(database, 'SELECT FROM postback.webhook_events WHERE task_id = $1', [silenced])).toEqual([]);
  });

  it('sends nothing, and says why, when the headers of an endpoint are gone or do not open', async () => {
    const never = await receiver(200);
    const broken = {
      headers_unreadable: 'UPDATE postback.webhook_secrets s SET sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1)',
      headers_missing: 'DELETE FROM postback.webhook_secrets s',
    };
    for (const [code, change] of Object.entries(broken)) {
      const { id } = await api.register({ url: never.url(), headers: { 'x-token': randomUUID() } });
      await sql(
        database,
        `${change} ${change.startsWith('DELETE') ? 'USING' : 'FROM'} postback.webhook_endpoints e WHERE e.id = $1 AND s.id = e.headers_secret_id`,
        [id],
      );
      const { body } = await dead(await submit({ webhook_endpoint_id: id }));
      expect(body.delivery).toMatchObject({ attempts: 1, last_error: expect.stringContaining('headers of its endpoint') });
      const [row] = await sql(
        database,
        `SELECT o.dead_reason, a.error_code, a.charged FROM postback.webhook_outbox o JOIN postback.webhook_attempts a ON a.outbox_id = o.id
                                          WHERE o.endpoint_id = $1`,
        [id],
      );
      expect(row).toEqual({ dead_reason: 'undeliverable', error_code: code, charged: false });
    }
    expect(never.received).toEqual([]);
  });

  it('gives each webhook as many attempts as its endpoint asks for', async () => {
    const failing = await receiver(500);
    const { id } = await api.register({ url: failing.url(), retry: { max_retries: 1 } });
    const taskId = await submit({ webhook_endpoint_id: id });
    const { body } = await dead(taskId);
    expect(body.delivery).toMatchObject({ status: 'dead', attempts: 2 });
    expect(failing.received).toHaveLength(2);
  });

  it('gives an attempt as long as its endpoint asks for', async () => {
    const silent = await receiver(() => {}, 200);
    const { id } = await api.register({ url: silent.url(), timeout: 1 });
    await submit({ webhook_endpoint_id: id });
    const started = performance.now();
    await silent.requests(2);
    expect(performance.now() - started).toBeLessThan(10_000); // the service's own time-out is 15 s
  });

  it.each([
    ['no id', 'no-uuid', 'must be an id'],
    ['an unknown one', randomUUID(), 'registered'],
    ['none', [], 'must be an id'],
    ['eleven', Array.from({ length: 11 }, () => randomUUID()), 'must be an id'],
    ['a number', 7, 'must be an id'],
  ])('is refused when it names %s', async (_, named, detail) => {
    await expectRefused(await submitRaw({ webhook_endpoint_id: named }), detail);
  });

  it('is refused when it names an endpoint twice, or one that is deleted, disabled, ad hoc or not its own', async () => {
    const { id } = await api.register({ url: 'http://127.0.0.1:9/' });
    await expectRefused(await submitRaw({ webhook_endpoint_id: [id, id.toUpperCase()] }), 'must be an id');
    await expectRefused(await submitRaw({ webhook_endpoint_id: id }, OTHER_TENANTS_KEY), 'registered');
    await sql(database, `UPDATE postback.webhook_endpoints SET state = 'disabled' WHERE id = $1`, [id]);
    await expectRefused(await submitRaw({ webhook_endpoint_id: id }), 'disabled');
    await api.call('DELETE', `/${id}`);
    await expectRefused(await submitRaw({ webhook_endpoint_id: id }), 'registered');
    await submit({ webhook_url: 'http://127.0.0.1:9/ad-hoc', webhook_secret: SECRET, webhook_events: ['task.expired'] });
    const [adHoc] = await sql<{ id: string }>(database, `SELECT id FROM postback.webhook_endpoints WHERE url LIKE '%/ad-hoc'`);
    await expectRefused(await submitRaw({ webhook_endpoint_id: adHoc!.id }), 'registered');
  });

  it('leaves the Idempotency-Key of a refused submit free, and repeats the answer of an accepted one after a deletion', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const refused = await call('POST', `${service.url}/agent/echo`, { body: { webhook_endpoint_id: randomUUID() }, headers: key });
    expect(refused.status).toBe(422);
    const { id } = await api.register({ url: 'http://127.0.0.1:9/', events: ['task.expired'] });
    const accepted = await call('POST', `${service.url}/agent/echo`, { body: { webhook_endpoint_id: id }, headers: key });
    expect(accepted.status).toBe(202);
    await api.call('DELETE', `/${id}`);
    const again = await call('POST', `${service.url}/agent/echo`, { body: { webhook_endpoint_id: id }, headers: key });
    expect({ status: again.status, text: again.text }).toEqual({ status: 202, text: accepted.text });
  });
});

describe('a paused endpoint', () => {
  it('gets nothing until it is resumed, and then everything', async () => {
    const waiting = await receiver(200);
    const { id } = await api.register({ url: waiting.url() });
    await api.act(id, 'pause');
    const taskIds = [await submit({ webhook_endpoint_id: id }), await submit({ webhook_endpoint_id: id })];
    for (const taskId of taskIds) await ended(taskId);
    for (const taskId of taskIds)
      expect((await task(taskId)).body.delivery).toMatchObject({ status: 'held', attempts: 0, next_attempt_at: null });
    expect(waiting.received).toEqual([]);
    await api.act(id, 'resume');
    expect((await waiting.requests(2)).map(({ headers }) => headers['webhook-attempt'])).toEqual(['1', '1']);
  });
});

describe('a new URL', () => {
  it('takes what waits along, held or pending, and leaves what has arrived', async () => {
    const [old, moved] = [await receiver(200, 500), await receiver(200)];
    const { id } = await api.register({ url: old.url('/old'), retry: { base_ms: 3_600_000, immediate: false } });
    const arrived = await submit({ webhook_endpoint_id: id });
    await delivered(arrived);
    const pending = await submit({ webhook_endpoint_id: id });
    await old.requests(2);
    await eventually(async () => (await task(pending)).body.delivery?.last_status_code === 500, 'the failed attempt to be written');
    await api.act(id, 'pause');
    const held = await submit({ webhook_endpoint_id: id });
    await ended(held);
    await api.change(id, { url: moved.url('/new') });
    const shown = await Promise.all([arrived, pending, held].map((taskId) => call('GET', `${service.url}/tasks/${taskId}/deliveries`)));
    expect(shown.map(({ body }) => new URL(body.items[0].url).pathname)).toEqual(['/old', '/new', '/new']);
    await api.act(id, 'resume');
    await delivered(held);
    expect(moved.received[0]!.path).toBe('/new');
  });
});

describe('a deleted endpoint', () => {
  it('leaves what waited for it dead, what ends later too, and what had arrived as it was', async () => {
    const arrived = await receiver(200);
    const { id } = await api.register({ url: arrived.url() });
    const before = await submit({ webhook_endpoint_id: id });
    await delivered(before);
    await api.act(id, 'pause');
    const waiting = await submit({ webhook_endpoint_id: id });
    await ended(waiting);
    const running = await submit({ webhook_endpoint_id: id, delay_ms: 60_000 });
    await api.call('DELETE', `/${id}`);
    const [row] = await sql(database, 'SELECT status, dead_reason, next_attempt_at FROM postback.webhook_outbox WHERE task_id = $1', [
      waiting,
    ]);
    expect(row).toEqual({ status: 'dead', dead_reason: 'endpoint_deleted', next_attempt_at: null });
    await call('POST', `${service.url}/tasks/${running}/cancel`);
    await dead(running);
    expect((await task(before)).body.delivery.status).toBe('delivered');
    expect(arrived.received).toHaveLength(1);
  });
});

async function receiver(...script: Answer[]): Promise<Receiver> {
  const started = await Receiver.start(...script);
  receivers.push(started);
  return started;
}

const submitRaw = (fields: object, key?: string) =>
  call('POST', `${service.url}/agent/echo`, { body: { payload: 1, ...fields }, ...(key && { key }) });

async function submit(fields: object): Promise<string> {
  const { status, body, text } = await submitRaw(fields);
  if (status !== 202) throw new Error(`Answered ${status}: ${text}`);
  return body.task_id;
}

const task = (id: string) => call('GET', `${service.url}/tasks/${id}`);

function taskWhen(id: string, is: (body: Answered['body']) => boolean, what: string): Promise<Answered> {
  return eventually(async () => {
    const answer = await task(id);
    return is(answer.body) && answer;
  }, what);
}

const ended = async (id: string) => (await taskWhen(id, ({ status }) => status !== 'processing', 'the task to end')).body.task_id as string;
const delivered = (id: string) => taskWhen(id, ({ delivery }) => delivery?.status === 'delivered', 'the webhook to be delivered');
const dead = (id: string) => taskWhen(id, ({ delivery }) => delivery?.status === 'dead', 'the webhook to be dead');

async function told(taskId: string): Promise<string[]> {
  const rows = await sql<{ endpoint_id: string }>(database, 'SELECT endpoint_id FROM postback.webhook_outbox WHERE task_id = $1', [taskId]);
  return rows.map(({ endpoint_id }) => endpoint_id).sort();
}

async function expectRefused({ status, body }: Answered, detail: string): Promise<void> {
  expect({ status, errors: body.errors }).toEqual({
    status: 422,
    errors: [{ field: 'webhook_endpoint_id', detail: expect.stringContaining(detail) }],
  });
}
