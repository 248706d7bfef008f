import { createHash, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { Database } from '../../src/platform/database/database.js';
import { ensureApiKey } from '../../src/platform/http/api-keys.js';
import { Keyring } from '../../src/platform/secrets/keyring.js';
import { resultUrl } from '../../src/tasks/result-link.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { Receiver } from '../support/receiver.js';
import { type Answered, API_KEY, call, sql, startService } from '../support/service.js';

const OTHER_TENANTS_KEY = 'key-of-another-tenant';
const SECRET = 'my-client-super-secret-key';
const LIMIT = 40_000;
const DAY = 86_400;

let database: TestDatabase;
let service: Awaited<ReturnType<typeof startService>>;
let receiver: Receiver;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database, { POSTBACK_PAYLOAD_MAX_BYTES: String(LIMIT), POSTBACK_RETENTION_DELIVERED_DAYS: '3' });
  await ensureApiKey(service.app.get(Database), { tenant: 'other', name: 'other', scopes: ['submit', 'read'], key: OTHER_TENANTS_KEY });
});

beforeEach(async () => {
  receiver = await Receiver.start(200);
});

afterEach(() => receiver.stop());

afterAll(async () => {
  await service?.stop();
  await database?.drop();
});

describe('a result too large to send', () => {
  const payload = ['é', 'x'.repeat(LIMIT)];

  it('is sent as a link and a digest, signed as ever, and the link gives the very bytes without a key', async () => {
    const taskId = await submit({ payload, metadata: { order: 7 } });
    const [received] = await receiver.requests(1);
    const event = new Webhook(new TextEncoder().encode(SECRET), { format: 'raw' }).verify(
      received!.body,
      received!.headers as Record<string, string>,
    );
    expect(event).toEqual({
      type: 'task.completed',
      event_id: received!.headers['webhook-id'],
      task_id: taskId,
      status: 'completed',
      result_url: expect.stringContaining(`http://postback.test/tasks/${taskId}/result?token=`),
      result_bytes: Buffer.byteLength(JSON.stringify(payload)),
      result_digest: expect.stringMatching(/^sha-256=:[A-Za-z0-9+/]{43}=:$/),
      timestamp: expect.any(String),
      seq: 2,
      task_type: 'echo',
      metadata: { order: 7 },
    });
    const { result_url, result_bytes, result_digest } = event as Record<string, string>;
    const fetched = await fetch(here(result_url!));
    const bytes = Buffer.from(await fetched.arrayBuffer());
    expect(fetched.status).toBe(200);
    expect(fetched.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(JSON.parse(bytes.toString())).toEqual(payload);
    expect(bytes.length).toBe(result_bytes);
    expect(`sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`).toBe(result_digest);
    expect(fetched.headers.get('content-digest')).toBe(result_digest);
  });

  it('is still whole in the database and for GET /tasks', async () => {
    const taskId = await submit({ payload });
    await receiver.requests(1);
    const [row] = await sql<{ thin: boolean; whole: boolean; sent: number }>(
      database,
      `SELECT o.thin, e.body::json->'result' IS NOT NULL AS whole, octet_length(e.thin_body) AS sent
         FROM postback.webhook_outbox o JOIN postback.webhook_events e ON e.id = o.event_id WHERE o.task_id = $1`,
      [taskId],
    );
    expect(row).toEqual({ thin: true, whole: true, sent: receiver.received[0]!.body.length });
    expect((await call('GET', `${service.url}/tasks/${taskId}`)).body.result).toEqual(payload);
  });
});

describe('a result that a receiver refuses as too large', () => {
  it('is sent again at once as a link, and that is remembered', async () => {
    receiver.answerWith(413, 500, 200);
    const taskId = await submit({ payload: 'y'.repeat(20_000) });
    const [full, ...thin] = await receiver.requests(3);
    expect(JSON.parse(full!.body.toString())).toHaveProperty('result');
    for (const { body } of thin) expect(JSON.parse(body.toString())).toHaveProperty('result_url');
    await eventually(
      async () => (await call('GET', `${service.url}/tasks/${taskId}`)).body.delivery.status === 'delivered',
      'the delivery',
    );
  });

  it('is dead when it was small already', async () => {
    receiver.answerWith(413);
    const taskId = await submit({ payload: 'small' });
    await eventually(async () => (await call('GET', `${service.url}/tasks/${taskId}`)).body.delivery?.status === 'dead', 'the row to die');
    const [row] = await sql(database, 'SELECT dead_reason FROM postback.webhook_outbox WHERE task_id = $1', [taskId]);
    expect(row).toEqual({ dead_reason: 'payload_rejected' });
    expect(receiver.received).toHaveLength(1);
  });
});

describe('GET /tasks/:id/result', () => {
  const payload = { found: ['Clause 7.2', 'é'], n: 1.5 };

  it('gives a key the stored bytes, and 304 when they are known', async () => {
    const taskId = await submit({ payload });
    await receiver.requests(1);
    const answer = await result(taskId);
    const [{ result: stored }] = (await sql<{ result: string }>(database, 'SELECT result FROM postback.tasks WHERE id = $1', [taskId])) as [
      { result: string },
    ];
    expect({ status: answer.status, text: answer.text }).toEqual({ status: 200, text: stored });
    const etag = answer.headers.get('etag')!;
    expect((await result(taskId, { headers: { 'if-none-match': etag } })).status).toBe(304);
    expect((await result(taskId, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  it('does not exist for another tenant, for nobody, or for an id that is none', async () => {
    const taskId = await submit({ payload });
    await receiver.requests(1);
    expectProblem(await result(taskId, { key: OTHER_TENANTS_KEY }), 404, 'not_found');
    expectProblem(await result(taskId, { key: null }), 401, 'unauthorized');
    expectProblem(await result(randomUUID()), 404, 'not_found');
    expectProblem(await result('no-uuid'), 404, 'not_found');
    expectProblem(await result('no-uuid', { token: tokenFor(taskId), key: null }), 404, 'not_found');
  });

  it('refuses a token that was altered, is for another task, or was made up, even with a key', async () => {
    const [taskId, other] = [await submit({ payload }), await submit({ payload })];
    await receiver.requests(2);
    const token = tokenFor(taskId);
    const [expires, signature] = token.split('.') as [string, string];
    expect((await result(taskId, { token, key: null })).status).toBe(200);
    for (const bad of [
      tokenFor(other),
      `${Number(expires) + 1}.${signature}`,
      `0${token}`,
      `${expires}.${signature.slice(0, -1)}${signature.endsWith('A') ? 'B' : 'A'}`,
      `${token}x`,
      `${expires}.`,
      signature,
      '',
    ]) {
      expectProblem(await result(taskId, { token: bad, key: null }), 403, 'link_invalid');
      expectProblem(await result(taskId, { token: bad, key: API_KEY }), 403, 'link_invalid');
    }
    expect((await call('GET', `${service.url}/tasks/${taskId}?token=${token}`, { key: null })).status).toBe(401); // opens nothing else
  });

  it('refuses a token whose time is over; a link in a webhook lasts as long as delivered webhooks are kept', async () => {
    const taskId = await submit({ payload: 'z'.repeat(LIMIT) });
    const { result_url, timestamp } = JSON.parse((await receiver.requests(1))[0]!.body.toString());
    const expires = Number(new URL(result_url).searchParams.get('token')!.split('.')[0]);
    expect(expires).toBe(Math.floor(Date.parse(timestamp) / 1000) + 3 * DAY);
    expectProblem(await result(taskId, { token: tokenFor(taskId, -1), key: null }), 403, 'link_expired');
    expect((await result(taskId, { token: tokenFor(taskId, 60), key: null })).status).toBe(200);
  });

  it('says why there is nothing to give', async () => {
    const running = await submit({ delay_ms: 60_000 });
    expectProblem(await result(running), 409, 'not_finished');
    await call('POST', `${service.url}/tasks/${running}/cancel`);
    const failed = await submit({ fail: 'failed' });
    await receiver.requests(2);
    expectProblem(await result(failed), 404, 'no_result');
    const erased = await submit({ payload });
    await receiver.requests(3);
    await sql(database, 'UPDATE postback.tasks SET result = NULL, erased_at = now() WHERE id = $1', [erased]);
    expectProblem(await result(erased), 410, 'erased');
    expectProblem(await result(erased, { token: tokenFor(erased), key: null }), 410, 'erased');
  });
});

async function submit(fields: object): Promise<string> {
  const { status, body, text } = await call('POST', `${service.url}/agent/echo`, {
    body: { webhook_url: receiver.url(), webhook_secret: SECRET, ...fields },
  });
  if (status !== 202) throw new Error(`Answered ${status}: ${text}`);
  return body.task_id;
}

const here = (url: string) => url.replace('http://postback.test', service.url);

function result(
  taskId: string,
  options: { token?: string; key?: string | null; headers?: Record<string, string> } = {},
): Promise<Answered> {
  const { token, ...rest } = options;
  return call('GET', `${service.url}/tasks/${taskId}/result${token === undefined ? '' : `?token=${encodeURIComponent(token)}`}`, rest);
}

/** As the service would make it, ending in so many seconds. */
function tokenFor(taskId: string, seconds = 3_600): string {
  const url = resultUrl(service.app.get(Keyring), 'http://postback.test', taskId, new Date(Date.now() + seconds * 1000));
  return new URL(url).searchParams.get('token')!;
}

function expectProblem({ status, body }: Answered, expected: number, code: string): void {
  expect({ status, code: body?.code }).toEqual({ status: expected, code });
}
