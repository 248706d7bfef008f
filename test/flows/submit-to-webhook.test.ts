import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import request from 'supertest';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { Receiver } from '../support/receiver.js';
import { API_KEY, call, sql, startService } from '../support/service.js';

const SECRET = 'my-client-super-secret-key';

let database: TestDatabase;
let service: Awaited<ReturnType<typeof startService>>;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database);
});

afterAll(async () => {
  await service?.stop();
  await database?.drop();
});

describe('a task from its submit to its webhook', () => {
  it('arrives signed through two failing deliveries, and the task shows each step', async () => {
    const receiver = await Receiver.start(500, 500, 200);
    const submitted = await request(service.url)
      .post('/agent/echo')
      .set('authorization', `Bearer ${API_KEY}`)
      .send({
        payload: { found: ['Clause 7.2', 'é'] },
        webhook_url: receiver.url('/cb?order=1'),
        webhook_secret: SECRET,
        metadata: { order: 1 },
      })
      .expect(202);
    expect(submitted.headers.location).toBe(`http://postback.test/tasks/${submitted.body.task_id}`);
    expect(Number(submitted.headers['retry-after'])).toBeGreaterThan(0);
    expect(submitted.body).toEqual({
      task_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      status: 'processing',
      message: expect.any(String),
      links: {
        self: `http://postback.test/tasks/${submitted.body.task_id}`,
        events: `http://postback.test/tasks/${submitted.body.task_id}/events`,
        cancel: `http://postback.test/tasks/${submitted.body.task_id}/cancel`,
      },
    });

    const attempts = await receiver.requests(3);
    expect(attempts.map(({ headers }) => headers['webhook-attempt'])).toEqual(['1', '2', '3']);
    expect(new Set(attempts.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(attempts.map(({ body }) => body.toString('hex'))).size).toBe(1);
    expect(attempts[0]!.path).toBe('/cb?order=1');
    const event = JSON.parse(attempts[2]!.body.toString());
    expect(event).toEqual({
      type: 'task.completed',
      event_id: attempts[2]!.headers['webhook-id'],
      task_id: submitted.body.task_id,
      status: 'completed',
      result: { found: ['Clause 7.2', 'é'] },
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      seq: 2,
      task_type: 'echo',
      metadata: { order: 1 },
    });

    const task = await eventually(async () => {
      const { body } = await call('GET', `${service.url}/tasks/${submitted.body.task_id}`);
      return body.delivery?.status === 'delivered' && body;
    }, 'the task to show its delivery');
    expect(task).toMatchObject({
      type: 'echo',
      status: 'completed',
      stage: 'completed',
      result: event.result,
      error: null,
      metadata: { order: 1 },
      runs: 1,
      delivery: { status: 'delivered', attempts: 3, last_status_code: 200, last_error: null, next_attempt_at: null },
    });
    await receiver.stop();
  });

  it('sends the very bytes that are stored', async () => {
    const receiver = await Receiver.start(200);
    const { body } = await call('POST', `${service.url}/agent/echo`, {
      body:
        '{"payload": {"z":1, "a":1.10, "big":1e20, "text":"\\u00e9\\ud83d\\ude00 \\" \\\\ </script>"}, "webhook_url": "' +
        receiver.url() +
        '", "webhook_secret": "' +
        SECRET +
        '"}',
    });
    const [received] = await receiver.requests(1);
    const [stored] = await sql<{ body: string }>(database, 'SELECT body FROM postback.webhook_events WHERE task_id = $1', [body.task_id]);
    expect(received!.body.equals(Buffer.from(stored!.body, 'utf8'))).toBe(true);
    expect(received!.headers['content-length']).toBe(String(Buffer.byteLength(stored!.body)));
    await receiver.stop();
  });

  it.each([SECRET, `whsec_${Buffer.alloc(24, 9).toString('base64')}`, 'geheim-ünïcode-✓'])(
    'is verified by the standardwebhooks package with the secret %s',
    async (secret) => {
      const receiver = await Receiver.start(200);
      await call('POST', `${service.url}/agent/echo`, { body: { payload: 'ü', webhook_url: receiver.url(), webhook_secret: secret } });
      const [received] = await receiver.requests(1);
      const { headers, body } = received as { headers: Record<string, string>; body: Buffer };
      const verifier = secret.startsWith('whsec_') ? new Webhook(secret) : new Webhook(new TextEncoder().encode(secret), { format: 'raw' });
      expect(verifier.verify(body, headers)).toMatchObject({ status: 'completed', result: 'ü' });
      expect(() => verifier.verify(`${body} `, headers)).toThrow();
      await receiver.stop();
    },
  );

  it('is verified by a Python process with nothing but its standard library', async () => {
    const receiver = await Receiver.start(200);
    await call('POST', `${service.url}/agent/echo`, {
      body: { payload: { ok: true }, webhook_url: receiver.url(), webhook_secret: SECRET },
    });
    const [received] = await receiver.requests(1);
    const { headers, body } = received!;
    const script = `
import base64, hashlib, hmac, json, sys
given = json.load(sys.stdin)
body, secret, h = given["body"].encode(), given["secret"].encode(), given["headers"]
simple = hmac.new(secret, body, hashlib.sha256).hexdigest()
signed = (h["webhook-id"] + "." + h["webhook-timestamp"] + ".").encode() + body
standard = "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
print(hmac.compare_digest(simple, h["x-webhook-signature"]) and standard in h["webhook-signature"].split(" "))`;
    const input = JSON.stringify({ body: body.toString(), secret: SECRET, headers });
    expect(execFileSync('python3', ['-c', script], { input }).toString().trim()).toBe('True');
    await receiver.stop();
  });

  it('passes the trace context of the submit on', async () => {
    const receiver = await Receiver.start(200);
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await call('POST', `${service.url}/agent/echo`, {
      body: { webhook_url: receiver.url(), webhook_secret: SECRET },
      headers: { traceparent },
    });
    expect((await receiver.requests(1))[0]!.headers.traceparent).toBe(traceparent);
    await receiver.stop();
  });

  it('can be polled instead, without a webhook', async () => {
    const { body } = await call('POST', `${service.url}/agent/echo`, { body: { payload: [1, null] } });
    const task = await eventually(async () => {
      const answer = await call('GET', body.links.self.replace('http://postback.test', service.url));
      return answer.body.status === 'completed' && answer;
    }, 'the task to complete');
    expect(task.body).toMatchObject({ result: [1, null], delivery: null });
    const again = await call('GET', `${service.url}/tasks/${body.task_id}`, { headers: { 'if-none-match': task.headers.get('etag')! } });
    expect(again.status).toBe(304);
  });
});

describe('a task that does not complete', () => {
  it.each([
    ['failed', { fail: 'failed' }, 'failed', 'echo_failed', 1],
    ['error', { fail: 'error' }, 'error', 'agent_error', 3],
  ])('sends its webhook as %s', async (_, input, status, code, runs) => {
    const receiver = await Receiver.start(200);
    const { body } = await call('POST', `${service.url}/agent/echo`, {
      body: { ...input, webhook_url: receiver.url(), webhook_secret: SECRET },
    });
    const event = JSON.parse((await receiver.requests(1))[0]!.body.toString());
    expect(event).toMatchObject({ type: `task.${status}`, status, error: { code, message: expect.any(String) } });
    expect(event).not.toHaveProperty('result');
    expect((await call('GET', `${service.url}/tasks/${body.task_id}`)).body).toMatchObject({ status, runs, error: { code } });
    await receiver.stop();
  });

  it('is run again after an unexpected error, and completes', async () => {
    const receiver = await Receiver.start(200);
    const { body } = await call('POST', `${service.url}/agent/echo`, {
      body: { payload: 1, fail: 'error', fail_times: 1, webhook_url: receiver.url(), webhook_secret: SECRET },
    });
    expect(JSON.parse((await receiver.requests(1))[0]!.body.toString())).toMatchObject({ status: 'completed', result: 1 });
    const events = await call('GET', `${service.url}/tasks/${body.task_id}/events`);
    expect(events.body.items.map((event: { type: string }) => event.type)).toEqual([
      'task.started',
      'task.retrying',
      'task.started',
      'task.completed',
    ]);
    await receiver.stop();
  });

  it('ends in error when a run takes longer than the timeout', async () => {
    const { body } = await call('POST', `${service.url}/agent/echo`, { body: { delay_ms: 60_000, timeout: 1 } });
    const task = await eventually(async () => {
      const answer = await call('GET', `${service.url}/tasks/${body.task_id}`);
      return answer.body.status !== 'processing' && answer.body;
    }, 'the task to end');
    expect(task).toMatchObject({ status: 'error', error: { code: 'timed_out' } });
  });

  it('is canceled while it runs, and says so in its webhook', async () => {
    const receiver = await Receiver.start(200);
    const { body } = await call('POST', `${service.url}/agent/echo`, {
      body: { delay_ms: 60_000, webhook_url: receiver.url(), webhook_secret: SECRET },
    });
    await eventually(async () => (await call('GET', `${service.url}/tasks/${body.task_id}`)).body.stage === 'running', 'the run to begin');
    expect((await call('POST', `${service.url}/tasks/${body.task_id}/cancel`)).status).toBe(202);
    expect(JSON.parse((await receiver.requests(1))[0]!.body.toString())).toMatchObject({
      type: 'task.canceled',
      status: 'canceled',
      error: { code: 'canceled' },
    });
    expect((await call('POST', `${service.url}/tasks/${body.task_id}/cancel`)).status).toBe(200);
    await receiver.stop();
  });

  it('sends only the events that were asked for', async () => {
    const { body } = await call('POST', `${service.url}/agent/echo`, {
      body: { webhook_url: 'http://127.0.0.1:9/never', webhook_secret: SECRET, webhook_events: ['task.failed'] },
    });
    await eventually(
      async () => (await call('GET', `${service.url}/tasks/${body.task_id}`)).body.status === 'completed',
      'the task to complete',
    );
    expect(await sql(database, 'SELECT FROM postback.webhook_outbox WHERE task_id = $1', [body.task_id])).toHaveLength(0);
  });
});

describe('a service that looks for work once a minute', () => {
  it('hears of each task and each webhook as they come', async () => {
    const ownDatabase = await createTestDatabase();
    const slow = await startService(ownDatabase, { POSTBACK_POLL_INTERVAL_MS: '60000', POSTBACK_TASK_POLL_INTERVAL_MS: '60000' });
    const receiver = await Receiver.start(200);
    // one after the other: the first two may be found by the looks that come with the start
    for (let n = 1; n <= 4; n += 1) {
      await call('POST', `${slow.url}/agent/echo`, { body: { webhook_url: receiver.url(), webhook_secret: SECRET } });
      await receiver.requests(n);
    }
    await receiver.stop();
    await slow.stop();
    await ownDatabase.drop();
  });
});
