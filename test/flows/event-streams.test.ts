import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TaskWatcher } from '../../src/tasks/task-watcher.js';
import { StreamClient } from '../support/event-stream.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { ADMIN_KEY, call, ServiceProcess, startService } from '../support/service.js';

let database: TestDatabase;
let api: Awaited<ReturnType<typeof startService>>;
let worker: Awaited<ReturnType<typeof startService>> | undefined;

beforeAll(async () => {
  database = await createTestDatabase();
  api = await startService(database, {
    POSTBACK_ROLES: 'api',
    POSTBACK_STREAMS_PER_KEY: '60',
    POSTBACK_STREAM_HEARTBEAT_MS: '50',
    POSTBACK_EVENTS_POLL_INTERVAL_MS: '500',
  });
});

afterAll(async () => {
  await worker?.stop();
  await api?.stop();
  await database?.drop();
});

const submit = async (body: object): Promise<string> => (await call('POST', `${api.url}/agent/echo`, { body })).body.task_id;
const stream = (id: string, headers: Record<string, string> = {}, query = '') =>
  StreamClient.open(`${api.url}/tasks/${id}/events${query}`, headers);
const seqs = ({ events }: StreamClient) => events.map(({ data }) => data.seq);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

describe('the event stream of a task in another process', () => {
  it('tells what happens as it happens, and ends behind the last event', async () => {
    const process = await ServiceProcess.start(database, { POSTBACK_ROLES: 'worker' });
    const id = await submit({ payload: 1, delay_ms: 600, progress_steps: 3 });
    const client = await stream(id);
    expect(client.response.status).toBe(200);
    expect(client.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    await client.until(({ events }) => events.length > 0); // while it runs
    expect((await call('GET', `${api.url}/tasks/${id}`)).body.status).toBe('processing');
    await client.ended;
    expect(client.events.map(({ event }) => event)).toEqual([
      'task.started',
      ...Array(client.events.length - 2).fill('task.progress'),
      'task.completed',
    ]);
    expect(client.events.map(({ id }) => Number(id))).toEqual(upTo(client.events.length));
    const { body: page } = await call('GET', `${api.url}/tasks/${id}/events?limit=100`);
    expect(client.events.map(({ data }) => data)).toEqual(page.items);
    await process.stop();
  });
});

describe('the event stream of a task', () => {
  beforeAll(async () => {
    worker = await startService(database, { POSTBACK_ROLES: 'worker', POSTBACK_WORKER_CONCURRENCY: '8' });
  });

  it('misses nothing when it is opened at the very moment of the submit', async () => {
    const clients = await Promise.all(Array.from({ length: 40 }, async () => stream(await submit({ payload: 1, progress_steps: 2 }))));
    await Promise.all(clients.map(({ ended }) => ended));
    for (const client of clients) {
      expect(seqs(client)).toEqual(upTo(client.events.length));
      expect([client.events[0]!.event, client.events.at(-1)!.event]).toEqual(['task.started', 'task.completed']);
    }
  });

  it('goes on behind Last-Event-ID, which counts before `after`, and is 204 when there is nothing left', async () => {
    const id = await submit({ payload: 1 });
    const whole = await stream(id);
    await whole.ended;
    const last = whole.events.length;
    const rest = await stream(id, { 'last-event-id': '1' }, `?after=${last}`);
    await rest.ended;
    expect(seqs(rest)).toEqual(upTo(last).slice(1));
    const [after, nothing] = [await stream(id, {}, '?after=1'), await stream(id, { 'last-event-id': String(last) })];
    await after.ended;
    expect(seqs(after)).toEqual(upTo(last).slice(1));
    expect(nothing.response.status).toBe(204);
    expect((await stream(id, { 'last-event-id': 'x' })).response.status).toBe(422);
  });

  it('ends although a number from nowhere was given, and is alive in the meantime', async () => {
    const id = await submit({ delay_ms: 60_000 });
    const client = await stream(id, { 'last-event-id': '999999' });
    await client.until(({ text }) => text.split(': still here\n\n').length > 2);
    await call('POST', `${api.url}/tasks/${id}/cancel`);
    await client.ended;
    expect(client.events.at(-1)!.event).toBe('task.canceled');
  });

  it('is refused beyond so many of one key, until one is closed', async () => {
    const id = await submit({ delay_ms: 60_000 });
    const clients = await Promise.all(Array.from({ length: 60 }, () => stream(id)));
    expect(new Set(clients.map(({ response }) => response.status))).toEqual(new Set([200]));
    const refused = await stream(id);
    expect(refused.response.status).toBe(429);
    expect(refused.response.headers.get('retry-after')).toBe('5');
    clients[0]!.close();
    const again = await eventually(async () => {
      const client = await stream(id);
      return client.response.status === 200 && client;
    }, 'the place of the one that was closed');
    await call('POST', `${api.url}/tasks/${id}/cancel`);
    await Promise.all([again, ...clients.slice(1)].map(({ ended }) => ended));
  });

  it('ends when its key is revoked, and leaves those of other keys alone', async () => {
    const id = await submit({ delay_ms: 60_000 });
    const { body: own } = await call('GET', `${api.url}/admin/keys`, { key: ADMIN_KEY });
    const { tenant } = own.items.find(({ scopes }: { scopes: string[] }) => !scopes.includes('admin'));
    const { body: made } = await call('POST', `${api.url}/admin/keys`, {
      key: ADMIN_KEY,
      body: { tenant, name: 'leaked', scopes: ['read'] },
    });
    const [leaked, other] = [await StreamClient.open(`${api.url}/tasks/${id}/events`, {}, made.key), await stream(id)];
    expect([leaked.response.status, other.response.status]).toEqual([200, 200]);
    await call('POST', `${api.url}/admin/keys/${made.id}/revoke`, { key: ADMIN_KEY });
    await leaked.ended;
    expect((await call('GET', `${api.url}/tasks/${id}`)).body.status).toBe('processing');
    await call('POST', `${api.url}/tasks/${id}/cancel`);
    await other.ended;
    expect(leaked.events.map(({ event }) => event)).not.toContain('task.canceled');
    expect(other.events.at(-1)!.event).toBe('task.canceled');
  });

  it('does not exist for others', async () => {
    expect((await StreamClient.open(`${api.url}/tasks/01890a5d-ac96-774b-bcce-b302099a8057/events`)).response.status).toBe(404);
    expect((await StreamClient.open(`${api.url}/tasks/0/events`, {}, ADMIN_KEY)).response.status).toBe(404);
  });

  it('ends in good order when its process stops, and so does a request that waits', async () => {
    const other = await startService(database, { POSTBACK_ROLES: 'api' });
    const id = await submit({ delay_ms: 60_000 });
    const client = await StreamClient.open(`${other.url}/tasks/${id}/events`);
    const waiting = call('GET', `${other.url}/tasks/${id}?wait=60`);
    await client.until(({ events }) => events.length > 0);
    await eventually(async () => other.app.get(TaskWatcher).open === 2, 'the request to wait');
    await other.stop();
    await client.ended;
    expect((await waiting).body.status).toBe('processing');
    await call('POST', `${api.url}/tasks/${id}/cancel`);
  });
});

describe('waiting for a task', () => {
  it('answers when it has ended, in another process', async () => {
    const id = await submit({ payload: 'p', delay_ms: 300 });
    const { status, body } = await call('GET', `${api.url}/tasks/${id}?wait=60`);
    expect([status, body.status, body.result]).toEqual([200, 'completed', 'p']);
    expect((await call('GET', `${api.url}/tasks/${id}?wait=60`)).body.status).toBe('completed'); // at once
  });

  it('answers when the time is over', async () => {
    const id = await submit({ delay_ms: 60_000 });
    expect((await call('GET', `${api.url}/tasks/${id}?wait=1`)).body.status).toBe('processing');
    await call('POST', `${api.url}/tasks/${id}/cancel`);
  });

  it.each(['-1', '61', '1.5', 'x', '1e9', ''])('refuses ?wait=%s', async (wait) => {
    const id = await submit({});
    const { status, body } = await call('GET', `${api.url}/tasks/${id}?wait=${wait}`);
    expect([status, body.errors[0].field]).toEqual([422, 'wait']);
  });

  it('can be preferred at the submit, which then answers with the task', async () => {
    const ask = (prefer: string, body: object, key?: string) =>
      call('POST', `${api.url}/agent/echo`, { body, headers: { prefer, ...(key && { 'idempotency-key': key }) } });
    const ended = await ask('respond-async, wait=30', { payload: [1] }, 'preferred');
    expect([ended.status, ended.body.status, ended.body.result]).toEqual([200, 'completed', [1]]);
    expect(ended.headers.get('preference-applied')).toBe('wait=30');
    expect(ended.headers.get('location')).toBe(`http://postback.test/tasks/${ended.body.task_id}`);
    const replayed = await ask('wait=30', { payload: [1] }, 'preferred');
    expect([replayed.text, replayed.headers.get('idempotency-replayed')]).toEqual([ended.text, 'true']);

    const late = await ask('wait=1', { delay_ms: 60_000 });
    expect([late.status, late.body.status, late.headers.get('preference-applied')]).toEqual([202, 'processing', 'wait=1']);
    await call('POST', `${api.url}/tasks/${late.body.task_id}/cancel`);
    const ignored = await ask('wait=soon', { delay_ms: 0 });
    expect([ignored.status, ignored.headers.get('preference-applied')]).toEqual([202, null]);
  });
});
