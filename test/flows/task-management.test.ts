import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database } from '../../src/platform/database/database.js';
import { ensureApiKey } from '../../src/platform/http/api-keys.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { Receiver } from '../support/receiver.js';
import { API_KEY, call, sql, startService } from '../support/service.js';

const OTHER = 'key-of-another-tenant';
const SECRET = 'a secret for tests';

let database: TestDatabase;
let service: Awaited<ReturnType<typeof startService>>;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database);
  await ensureApiKey(service.app.get(Database), { tenant: 'other', name: 'other', scopes: ['submit', 'read'], key: OTHER });
});

afterAll(async () => {
  await service?.stop();
  await database?.drop();
});

const ask = (method: string, path: string, options: Parameters<typeof call>[2] = {}) => call(method, service.url + path, options);

async function ended(body: object, key = API_KEY): Promise<string> {
  const answer = await ask('POST', '/agent/echo', { body, key, headers: { prefer: 'wait=30' } });
  expect(answer.status).toBe(200);
  return answer.body.task_id;
}

const told = (id: string, status = 'delivered') =>
  eventually(async () => {
    const { body } = await ask('GET', `/tasks/${id}/deliveries`);
    return body.items?.[0]?.status === status && body.items;
  }, `the webhook to be ${status}`);

describe('the list of tasks', () => {
  it('is paged, filtered, and a tenant’s own', async () => {
    const ids = [
      await ended({ payload: 1 }, OTHER),
      await ended({ fail: 'failed' }, OTHER),
      await ended({ payload: 2 }, OTHER),
      (await ask('POST', '/agent/echo', { body: { delay_ms: 60_000 }, key: OTHER })).body.task_id,
    ];
    const list = async (query: string) => (await ask('GET', `/tasks${query}`, { key: OTHER })).body;
    const idsOf = (page: { items: { task_id: string }[] }) => page.items.map(({ task_id }) => task_id);
    const newestFirst = [...ids].reverse();
    expect(idsOf(await list(''))).toEqual(newestFirst);
    const first = await list('?limit=3');
    expect(idsOf(first)).toEqual(newestFirst.slice(0, 3));
    const second = await list(`?limit=3&cursor=${first.next_cursor}`);
    expect([idsOf(second), second.next_cursor]).toEqual([newestFirst.slice(3), null]);
    expect(idsOf(await list('?status=failed'))).toEqual([ids[1]]);
    expect(idsOf(await list('?status=completed&type=echo'))).toEqual([ids[2], ids[0]]);
    expect(idsOf(await list('?status=processing'))).toEqual([ids[3]]);
    expect(idsOf(await list('?type=analyze-document'))).toEqual([]);
    const { created_at } = (await ask('GET', `/tasks/${ids[2]}`, { key: OTHER })).body;
    expect(idsOf(await list(`?until=${created_at}`))).not.toContain(ids[3]);
    expect(idsOf(await list(`?since=${created_at}`))).toEqual([ids[3], ids[2]]);
    expect((await list('')).items[2]).toMatchObject({
      status: 'failed',
      stage: 'failed',
      error: { code: 'echo_failed' },
      retried_from: null,
    });
    expect(idsOf((await ask('GET', '/tasks')).body)).not.toContain(ids[0]);
    await ask('POST', `/tasks/${ids[3]}/cancel`, { key: OTHER });
  });

  it.each(['limit=1e9', 'limit=0', 'cursor=x', 'status=lost', 'type=a;drop', 'since=yesterday', 'sort=id', 'until=2026-02-30'])(
    'refuses %s',
    async (query) => {
      expect((await ask('GET', `/tasks?${query}`)).status).toBe(422);
    },
  );
});

describe('doing a task again', () => {
  it('makes a new one, linked, with the same input, metadata and webhook', async () => {
    const receiver = await Receiver.start(200);
    const old = await ended({
      payload: 'p',
      metadata: { order: 1 },
      timeout: 7,
      expires_in: 100,
      webhook_url: receiver.url(),
      webhook_secret: SECRET,
    });
    const headers = { 'idempotency-key': 'again' };
    const retried = await ask('POST', `/tasks/${old}/retry`, { headers });
    expect(retried.status).toBe(202);
    expect(retried.body.task_id).not.toBe(old);
    expect(retried.headers.get('location')).toBe(`http://postback.test/tasks/${retried.body.task_id}`);
    const repeated = await ask('POST', `/tasks/${old}/retry`, { headers });
    expect([repeated.text, repeated.headers.get('idempotency-replayed')]).toEqual([retried.text, 'true']);
    const { body: task } = await ask('GET', `/tasks/${retried.body.task_id}?wait=30`);
    expect(task).toMatchObject({ status: 'completed', result: 'p', metadata: { order: 1 }, retried_from: old });
    const [first, second] = (await receiver.requests(2)).map(({ body }) => JSON.parse(body.toString()));
    expect([first.task_id, second.task_id]).toEqual([old, retried.body.task_id]);
    const rows = await sql(
      database,
      'SELECT timeout_ms, (extract(epoch FROM expires_at - created_at))::int AS waits FROM postback.tasks WHERE id = $1',
      [task.task_id],
    );
    expect(rows).toEqual([{ timeout_ms: 7_000, waits: 100 }]);
    await receiver.stop();
  });

  it('is for tasks that have ended, and for their owner', async () => {
    const { body } = await ask('POST', '/agent/echo', { body: { delay_ms: 60_000 } });
    const headers = { 'idempotency-key': 'too-early' };
    const refused = await ask('POST', `/tasks/${body.task_id}/retry`, { headers });
    expect([refused.status, refused.body.code]).toEqual([409, 'not_finished']);
    await ask('POST', `/tasks/${body.task_id}/cancel`);
    await ask('GET', `/tasks/${body.task_id}?wait=30`);
    expect((await ask('POST', `/tasks/${body.task_id}/retry`, { key: OTHER })).status).toBe(404);
    const retried = await ask('POST', `/tasks/${body.task_id}/retry`, { headers }); // the refusal has given the key back
    expect(retried.status).toBe(202);
    await ask('POST', `/tasks/${retried.body.task_id}/cancel`);
  });
});

describe('erasing a task', () => {
  it('leaves nothing of what it held, and says so', async () => {
    const receiver = await Receiver.start((_, response) => response.end('an answer with a MARK'));
    const id = await ended({
      payload: 'MARK',
      progress_steps: 2,
      metadata: { a: 'MARK' },
      webhook_url: receiver.url(),
      webhook_secret: SECRET,
    });
    const [delivery] = await told(id);
    expect((await ask('DELETE', `/tasks/${id}`, { key: OTHER })).status).toBe(404);
    expect((await ask('DELETE', `/tasks/${id}`)).status).toBe(204);
    for (const path of ['', '/result', '/events', '/deliveries']) {
      const { status, body } = await ask('GET', `/tasks/${id}${path}`);
      expect([path, status, body.code]).toEqual([path, 410, 'erased']);
    }
    for (const [method, path] of [
      ['POST', '/retry'],
      ['POST', '/redeliver'],
      ['DELETE', ''],
    ] as const)
      expect([path, (await ask(method, `/tasks/${id}${path}`)).status]).toEqual([path, 410]);
    const left = await sql(
      database,
      `SELECT to_json(t)::text FROM postback.tasks t WHERE id = $1
       UNION ALL SELECT to_json(e)::text FROM postback.task_events e WHERE task_id = $1
       UNION ALL SELECT to_json(e)::text FROM postback.webhook_events e WHERE task_id = $1
       UNION ALL SELECT to_json(a)::text FROM postback.webhook_attempts a WHERE outbox_id = $2`,
      [id, delivery.id],
    );
    expect(JSON.stringify(left)).not.toContain('MARK');
    expect((await ask('GET', '/tasks?limit=100')).body.items.map((task: { task_id: string }) => task.task_id)).not.toContain(id);
    await receiver.stop();
  });

  it('waits for the end of the task, and not for its webhook', async () => {
    const receiver = await Receiver.start((_, response) => void response); // never answers
    const { body } = await ask('POST', '/agent/echo', { body: { delay_ms: 60_000, webhook_url: receiver.url(), webhook_secret: SECRET } });
    const refused = await ask('DELETE', `/tasks/${body.task_id}`);
    expect([refused.status, refused.body.code]).toEqual([409, 'not_finished']);
    await ask('POST', `/tasks/${body.task_id}/cancel`);
    await receiver.requests(1); // on its way
    expect((await ask('DELETE', `/tasks/${body.task_id}`)).status).toBe(204);
    expect(await sql(database, 'SELECT FROM postback.webhook_outbox WHERE task_id = $1', [body.task_id])).toEqual([]);
    await receiver.stop();
    expect(await sql(database, 'SELECT FROM postback.webhook_events WHERE task_id = $1 AND body IS NOT NULL', [body.task_id])).toEqual([]);
  });
});

describe('the webhooks of one’s own task', () => {
  it('are listed with their attempts, and sent again on demand', async () => {
    const receiver = await Receiver.start(500, 200);
    const id = await ended({ payload: 1, webhook_url: receiver.url(), webhook_secret: SECRET });
    const [row] = await told(id);
    expect(row).toMatchObject({ event_type: 'task.completed', url: receiver.url(), attempts: 2, last_status_code: 200, dead_reason: null });
    expect(row.attempt_log.map(({ outcome, response_excerpt }: Record<string, string>) => [outcome, response_excerpt])).toEqual([
      ['rejected', 'answered 500'],
      ['delivered', 'answered 200'],
    ]);
    const again = await ask('POST', `/tasks/${id}/redeliver`);
    expect([again.status, again.body.items.map((item: { id: string }) => item.id)]).toEqual([202, [row.id]]);
    const [, second, third] = await receiver.requests(3);
    expect(third!.headers['webhook-id']).toBe(second!.headers['webhook-id']);
    await told(id);
    expect((await ask('POST', `/tasks/${id}/redeliver`, { body: { delivery_id: row.id } })).status).toBe(202);
    await receiver.requests(4);
    await receiver.stop();
  });

  it('are not sent again when there is nothing to send, nowhere to send it, or it is being sent', async () => {
    const receiver = await Receiver.start(200);
    const { body: endpoint } = await ask('POST', '/webhook-endpoints', { body: { url: receiver.url() } });
    const id = await ended({ payload: 1, webhook_endpoint_id: endpoint.id });
    await told(id);
    const redeliver = async (path = id, body?: object, key?: string) => {
      const answer = await ask('POST', `/tasks/${path}/redeliver`, { ...(body && { body }), ...(key && { key }) });
      return [answer.status, answer.body.code];
    };
    expect(await redeliver(id, undefined, OTHER)).toEqual([404, 'not_found']);
    expect(await redeliver(id, { delivery_id: '01890a5d-ac96-774b-bcce-b302099a8057' })).toEqual([404, 'not_found']);
    expect(await redeliver(id, { delivery_id: 5 })).toEqual([422, 'validation_failed']);
    expect(await redeliver(await ended({ payload: 1 }))).toEqual([404, 'not_found']); // no webhook at all
    await ask('POST', `/webhook-endpoints/${endpoint.id}/pause`);
    const held = await ask('POST', `/tasks/${id}/redeliver`);
    expect([held.status, held.body.items[0].status]).toEqual([202, 'held']);
    await sql(
      database,
      "UPDATE postback.webhook_outbox SET status = 'delivering', held_at = NULL, lease_token = gen_random_uuid(), next_attempt_at = now() + interval '1 hour' WHERE task_id = $1",
      [id],
    );
    expect(await redeliver()).toEqual([409, 'in_flight']);
    await sql(
      database,
      "UPDATE postback.webhook_outbox SET status = 'delivered', lease_token = NULL, next_attempt_at = NULL WHERE task_id = $1",
      [id],
    );
    await ask('DELETE', `/webhook-endpoints/${endpoint.id}`);
    expect(await redeliver()).toEqual([409, 'endpoint_deleted']);
    await receiver.stop();
  });
});
