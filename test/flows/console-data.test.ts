import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database } from '../../src/platform/database/database.js';
import { Activity, recordLevels } from '../../src/platform/metrics/activity.js';
import { type Document, findOperation, misfits } from '../docs/check-schema.js';
import { StreamClient } from '../support/event-stream.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { Receiver } from '../support/receiver.js';
import { ADMIN_KEY, type Answered, call, sql, startService } from '../support/service.js';

const SECRET = 'my-client-super-secret-key';
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

let database: TestDatabase;
let service: Awaited<ReturnType<typeof startService>>;
let document: Document;
let receiver: Receiver;
let cookie: string;

beforeAll(async () => {
  database = await createTestDatabase();
  receiver = await Receiver.start(200);
  service = await startService(database, { POSTBACK_RETRY_MAX_RETRIES: '2' });
  document = (await call('GET', `${service.url}/openapi.json`, { key: null })).body;
  const signedIn = await call('POST', `${service.url}/console/session`, { key: null, body: { key: ADMIN_KEY } });
  cookie = signedIn.headers.get('set-cookie')!.split(';')[0]!;
});

afterAll(async () => {
  await service?.stop();
  await receiver?.stop();
  await database?.drop();
});

/** As the page asks: with the cookie, from the own origin. Each answer is held to the OpenAPI document. */
async function ask(method: string, path: string, body?: object): Promise<Answered> {
  const headers = { cookie, origin: service.url };
  const answer = await call(method, service.url + path, { key: null, headers, ...(body !== undefined && { body }) });
  const response = findOperation(document, method, path.split('?')[0]!).responses[answer.status];
  expect([path, answer.status, response?.description]).toEqual([path, answer.status, expect.any(String)]);
  if (response.content)
    expect([path, misfits(document, Object.values<Document>(response.content)[0].schema, answer.body)]).toEqual([path, []]);
  return answer;
}

/** A task that has ended, with a webhook to `url`; the id of its outbox row. */
async function delivery(url: string, more: object = {}): Promise<{ taskId: string; rowId: string }> {
  const body = { payload: { n: 1 }, webhook_url: url, webhook_secret: SECRET, ...more };
  const { body: accepted } = await call('POST', `${service.url}/agent/echo`, { body, headers: { traceparent: TRACEPARENT } });
  const taskId = accepted.task_id;
  const [row] = await eventually(async () => {
    const rows = await sql<{ id: string }>(database, 'SELECT id FROM postback.webhook_outbox WHERE task_id = $1', [taskId]);
    return rows.length > 0 && rows;
  }, 'the task to end');
  return { taskId, rowId: row!.id };
}

const settled = (rowId: string, status: string) =>
  eventually(async () => {
    const [row] = await sql<{ status: string }>(database, 'SELECT status FROM postback.webhook_outbox WHERE id = $1', [rowId]);
    return row!.status === status;
  }, `the row to be ${status}`);

/** Rows that were given up, written as they would be. */
async function dead(
  endpoint: string,
  count: number,
  more: { reason?: string; error?: string | null; tenant?: string } = {},
): Promise<string[]> {
  const { reason = 'exhausted', error = 'The receiver answered 500.', tenant = 'acme' } = more;
  const rows = await sql<{ id: string }>(
    database,
    `WITH event AS (
       INSERT INTO postback.webhook_events (id, tenant, task_id, type, body)
       SELECT gen_random_uuid(), $5, gen_random_uuid(), 'task.completed', '{}' FROM generate_series(1, $2) RETURNING id, task_id
     )
     INSERT INTO postback.webhook_outbox (id, event_id, endpoint_id, tenant, task_id, url, secret_id, status, attempts, attempts_charged, max_attempts,
                                          next_attempt_at, last_status_code, last_error, dead_reason, dead_at)
     SELECT gen_random_uuid(), id, $1::uuid, $5, task_id, 'http://127.0.0.1:9/' || $1::uuid, gen_random_uuid(), 'dead', 3, 3, 3, NULL, 500, $4, $3, now()
       FROM event RETURNING id`,
    [endpoint, count, reason, error, tenant],
  );
  return rows.map(({ id }) => id);
}

describe('the overview', () => {
  it('shows what happened, in buckets of a minute, a quarter of an hour and two hours', async () => {
    const failing = await Receiver.start(500, 500, 500);
    await settled((await delivery(receiver.url())).rowId, 'delivered');
    await settled((await delivery(failing.url())).rowId, 'dead');
    await failing.stop();
    // a second process that counts the same adds to it
    await service.app.get(Activity).flush();
    service.app.get(Activity).count('task.expired', 2);
    await service.app.get(Activity).flush();
    // what waits is counted when it is asked for, and the most of it stays
    const levels = { tasks_queued: 7, webhooks_waiting: 1, webhooks_held: 0, webhooks_dead: 1 };
    await recordLevels(service.app.get(Database), levels);
    await sql(database, "UPDATE postback.metrics_figures SET counted_at = '2020-01-01'");
    await call('GET', `${service.url}/metrics`, { key: ADMIN_KEY });
    for (const [window, seconds, buckets] of [
      ['1h', 60, 61],
      ['24h', 900, 97],
      ['7d', 7_200, 85],
    ] as const) {
      const { body } = await ask('GET', `/admin/stats/series?window=${window}`);
      expect(body).toMatchObject({ window, bucket_seconds: seconds });
      expect(body.buckets).toHaveLength(buckets);
      const times = body.buckets.map(({ at }: { at: string }) => Date.parse(at));
      expect(times.every((at: number, n: number) => at % (seconds * 1_000) === 0 && at === times[0] + n * seconds * 1_000)).toBe(true);
      expect([Date.parse(body.from), Date.parse(body.to)]).toEqual([times[0], times.at(-1) + seconds * 1_000]);
      const sum = (of: (bucket: Document) => number) => body.buckets.reduce((total: number, bucket: Document) => total + of(bucket), 0);
      expect({
        delivered: sum(({ delivered }) => delivered),
        failed: sum(({ failed }) => failed),
        dead: sum(({ dead }) => dead),
        completed: sum(({ tasks }) => tasks.completed),
        expired: sum(({ tasks }) => tasks.expired),
      }).toEqual({ delivered: 1, failed: 3, dead: 1, completed: 2, expired: 2 });
      const lags = body.buckets.filter((bucket: Document) => bucket.lag_p50_seconds !== null);
      expect(lags).toHaveLength(1);
      expect(lags[0].lag_p95_seconds).toBeGreaterThanOrEqual(lags[0].lag_p50_seconds);
      expect(body.buckets[0]).toMatchObject({ delivered: 0, failed: 0, success_rate: null, lag_p50_seconds: null, most_waiting: null });
      const looked = body.buckets.flatMap(({ most_waiting }: Document) => most_waiting ?? []);
      expect(looked).toContainEqual({ tasks_queued: 7, webhooks_waiting: 1, webhooks_held: 0, webhooks_dead: 1 });
    }
    expect((await ask('GET', '/admin/stats/series')).body.window).toBe('1h');
    expect((await ask('GET', '/admin/stats/series?window=1y')).status).toBe(422);
  });

  it('names the processes and what waits', async () => {
    const { body } = await ask('GET', '/admin/processes');
    expect(body.items).toEqual([expect.objectContaining({ roles: ['api', 'worker', 'dispatcher'], pid: process.pid, alive: true })]);
    await sql(
      database,
      "INSERT INTO postback.processes (id, roles, version, host, pid, heartbeat_at) VALUES (gen_random_uuid(), '{worker}', '0', 'gone', 1, now() - interval '1 hour')",
    );
    expect((await ask('GET', '/admin/processes')).body.items).toContainEqual(expect.objectContaining({ host: 'gone', alive: false }));
    expect((await ask('GET', '/admin/stats')).body).toMatchObject({ due_webhooks: 0, queued_ready: 0 });
  });
});

describe('the dead letters', () => {
  const [one, two] = [randomUUID(), randomUUID()].sort() as [string, string];
  let ids: string[];

  beforeAll(async () => {
    await sql(
      database,
      `INSERT INTO postback.webhook_endpoints (id, tenant, kind, url, origin, state)
       SELECT id, 'acme', 'ad_hoc', 'http://127.0.0.1:9/' || id, 'http://127.0.0.1:9', 'paused' FROM unnest($1::uuid[]) AS id`,
      [[one, two]],
    );
    ids = await dead(one, 3);
    await dead(one, 2, { error: 'The receiver answered 502.' });
    await dead(one, 1, { reason: 'held_too_long', error: null });
    await dead(two, 4);
  });

  const groups = async (query = '') => (await ask('GET', `/admin/dead-letters?tenant=acme${query}`)).body;
  const shown = ({ items }: Document) =>
    items
      .map((group: Document) => [group.endpoint_id, group.dead_reason, group.error, group.count])
      .sort((a: string[], b: string[]) => (a < b ? -1 : 1));

  it('are grouped by endpoint, reason and error', async () => {
    const page = await groups();
    expect(shown(page)).toEqual(
      [
        [one, 'exhausted', 'The receiver answered 500.', 3],
        [one, 'exhausted', 'The receiver answered 502.', 2],
        [one, 'held_too_long', null, 1],
        [two, 'exhausted', 'The receiver answered 500.', 4],
      ].sort((a, b) => (a < b ? -1 : 1)),
    );
    expect(page.items[0].endpoint_id).toBe(two); // the newest death first
    expect(page.items[0]).toMatchObject({
      tenant: 'acme',
      endpoint_state: 'paused',
      breaker: 'closed',
      last_status_code: 500,
      more: false,
    });
    expect(ids).toContain(page.items.find((group: Document) => group.count === 3).sample_id);
  });

  it('come in pages of endpoints, and by filter', async () => {
    const first = await groups('&limit=1&');
    const rest = [];
    for (let page = first; page.next_cursor !== null; ) {
      page = await groups(`&limit=1&cursor=${page.next_cursor}`);
      rest.push(...page.items);
    }
    expect(shown({ items: [...first.items, ...rest] })).toEqual(shown(await groups()));
    expect(shown(await groups('&dead_reason=held_too_long'))).toEqual([[one, 'held_too_long', null, 1]]);
    expect(shown(await groups(`&endpoint_id=${two}`))).toHaveLength(1);
    expect((await ask('GET', '/admin/dead-letters?cursor=x')).status).toBe(422);
  });

  it.each([
    ['with an error', (group: Document) => group.count === 2],
    ['without one', (group: Document) => group.error === null],
  ])('are taken by the filter that they come with, and nothing else: %s', async (_, which) => {
    const group = (await groups()).items.find(which);
    const { body } = await ask('POST', '/admin/redeliveries', { filter: group.filter, dry_run: true });
    expect(body.count).toBe(group.count);
    const query = new URLSearchParams({ ...group.filter, status: 'dead' });
    expect((await ask('GET', `/admin/outbox?${query}`)).body.items).toHaveLength(group.count);
  });

  it('are sent again one by one, by their ids, and nothing else is', async () => {
    const chosen = ids.slice(0, 2);
    const filter = { ids: [...chosen, randomUUID()] };
    expect((await ask('POST', '/admin/redeliveries', { filter, dry_run: true })).body.count).toBe(2);
    const { body: batch } = await ask('POST', '/admin/redeliveries', { filter });
    const done = await eventually(async () => {
      const { body } = await ask('GET', `/admin/redeliveries/${batch.id}`);
      return body.state === 'completed' && body;
    }, 'the bulk redelivery to end');
    expect(done).toMatchObject({ redelivered: 2, held: 2, scanned: 2, filter });
    expect(shown(await groups(`&endpoint_id=${one}`)).map((group: unknown[]) => group[3])).toEqual([1, 2, 1]);
    const held = await sql<{ id: string }>(database, "SELECT id FROM postback.webhook_outbox WHERE status = 'held'");
    expect(held.map(({ id }) => id).sort()).toEqual([...chosen].sort());
  });

  it.each([
    ['too many', Array.from({ length: 1_001 }, () => randomUUID())],
    ['none', []],
    ['what is no id', ['x']],
    ['no list', 'x'],
  ])('are not sent again by ids that are %s', async (_, wrong) => {
    const { status, body } = await ask('POST', '/admin/redeliveries', { filter: { ids: wrong } });
    expect([status, body.errors[0].field]).toEqual([422, 'filter.ids']);
  });

  it('are read by the index of dead rows, however many others there are', async () => {
    const client = await sql<{ 'QUERY PLAN': string }>(
      database,
      `EXPLAIN SELECT endpoint_id FROM postback.webhook_outbox o WHERE o.status = 'dead' AND o.endpoint_id > '${one}' ORDER BY o.endpoint_id LIMIT 1`,
    );
    expect(client.map((line) => line['QUERY PLAN']).join('\n')).not.toMatch(/Seq Scan|Sort/);
  });
});

describe('one delivery', () => {
  it('shows the request of each attempt without what is secret, and that its signature verifies', async () => {
    const { rowId } = await delivery(receiver.url('/once'));
    await settled(rowId, 'delivered');
    const { body } = await ask('GET', `/admin/outbox/${rowId}`);
    const sent = receiver.received.find(({ path }) => path === '/once')!;
    const { request } = body.attempt_log[0];
    expect(request.method).toBe('POST');
    for (const [name, value] of Object.entries<string>(request.headers)) {
      if (/signature/.test(name)) expect([name, value]).toEqual([name, name === 'webhook-signature' ? 'v1,***' : '***']);
      else expect([name, sent.headers[name]]).toEqual([name, value]);
    }
    expect(Object.keys(request.headers)).toEqual(expect.arrayContaining(['webhook-timestamp', 'webhook-id', 'traceparent', 'user-agent']));
    expect(body.signature).toEqual({ valid: true, secrets: 1, secret_hint: '***-key', problem: null });
    expect(body.schedule).toEqual([]);
    expect(JSON.stringify(body)).not.toContain(SECRET);
  });

  it('shows the headers of its endpoint by name, and both signatures during a rotation', async () => {
    const settings = { url: receiver.url('/own'), headers: { 'x-token': 'the-value-of-a-header' } };
    const { body: endpoint } = await call('POST', `${service.url}/webhook-endpoints`, { body: settings });
    await call('POST', `${service.url}/webhook-endpoints/${endpoint.id}/rotate`, { body: {} });
    const { body: task } = await call('POST', `${service.url}/agent/echo`, { body: { payload: 1, webhook_endpoint_id: [endpoint.id] } });
    const row = await eventually(
      async () => (await ask('GET', `/admin/outbox?task_id=${task.task_id}&status=delivered`)).body.items[0],
      'the webhook',
    );
    const { body } = await ask('GET', `/admin/outbox/${row.id}`);
    expect(body.attempt_log[0].request.headers).toMatchObject({ 'x-token': '***', 'webhook-signature': 'v1,*** v1,***' });
    expect(body.signature).toEqual({ valid: true, secrets: 2, secret_hint: expect.stringMatching(/^whsec_\*\*\*.{4}$/), problem: null });
    expect(JSON.stringify(body)).not.toContain('the-value-of-a-header');
  });

  it('shows no request when nothing left, and the tries ahead', async () => {
    const { rowId } = await delivery('http://127.0.0.1:9/nobody-listens');
    await settled(rowId, 'dead');
    expect((await ask('GET', `/admin/outbox/${rowId}`)).body.attempt_log.map(({ request }: Document) => request)).toEqual([
      null,
      null,
      null,
    ]);
    const due = new Date(Date.now() + 3_600_000);
    await sql(database, `UPDATE postback.webhook_outbox SET status = 'pending', next_attempt_at = $2 WHERE id = $1`, [rowId, due]);
    const { body } = await ask('GET', `/admin/outbox/${rowId}`);
    expect(body.schedule).toEqual([
      { attempt_charged: 1, not_before: due.toISOString() },
      { attempt_charged: 2, not_before: due.toISOString() }, // the first retry follows at once
      { attempt_charged: 3, not_before: new Date(due.getTime() + 20).toISOString() },
    ]);
  });

  it('says why it cannot be signed', async () => {
    const [id] = await dead(randomUUID(), 1);
    expect((await ask('GET', `/admin/outbox/${id}`)).body.signature).toMatchObject({ valid: false, problem: 'secret_missing' });
    const { rowId } = await delivery(receiver.url());
    await settled(rowId, 'delivered');
    await sql(
      database,
      `UPDATE postback.webhook_events SET body = NULL, thin_body = NULL, purged_at = now()
        WHERE id = (SELECT event_id FROM postback.webhook_outbox WHERE id = $1)`,
      [rowId],
    );
    expect((await ask('GET', `/admin/outbox/${rowId}`)).body.signature).toMatchObject({ valid: false, problem: 'body_purged', secrets: 1 });
  });
});

describe('an endpoint', () => {
  it('shows its settings, what is in force, and its latest attempts', async () => {
    const flaky = await Receiver.start(500, 200);
    const { rowId } = await delivery(flaky.url('/flaky'));
    await settled(rowId, 'delivered');
    const { body: row } = await ask('GET', `/admin/outbox/${rowId}`);
    const path = `/admin/endpoints/${row.endpoint_id}`;
    expect((await ask('GET', path)).body).toMatchObject({
      kind: 'ad_hoc',
      headers: null,
      retry: null,
      waiting: 0,
      limits: { max_in_flight: expect.any(Number), timeout: expect.any(Number), retries: 2 },
    });
    const { body: timeline } = await ask('GET', `${path}/attempts`);
    expect(
      timeline.items.map(({ outbox_id, attempt, outcome, status_code }: Document) => [outbox_id, attempt, outcome, status_code]),
    ).toEqual([
      [rowId, 2, 'delivered', 200],
      [rowId, 1, 'rejected', 500],
    ]);
    await ask('POST', `${path}/pause`, { reason: 'looking' });
    expect((await ask('POST', `${path}/test`)).body).toMatchObject({ delivered: true, outcome: 'delivered' });
    const test = (await flaky.requests(3))[2]!;
    expect(JSON.parse(test.body.toString())).toMatchObject({ type: 'endpoint.test', endpoint_id: row.endpoint_id });
    const [written] = await sql(
      database,
      "SELECT actor, tenant FROM postback.audit_log WHERE action = 'endpoint.test' AND target_id = $1",
      [row.endpoint_id],
    );
    expect(written).toEqual({ actor: 'bootstrap admin key', tenant: 'default' });
    await flaky.stop();
  });

  it('finds the attempts of what waits and of what was given up as well', async () => {
    const endpoint = randomUUID();
    const [gone, held, waiting] = await dead(endpoint, 3);
    await sql(
      database,
      `INSERT INTO postback.webhook_endpoints (id, tenant, kind, url, origin, state) VALUES ($1::uuid, 'acme', 'ad_hoc', 'http://127.0.0.1:9/x' || $1::uuid, 'o', 'paused')`,
      [endpoint],
    );
    await sql(
      database,
      "UPDATE postback.webhook_outbox SET status = 'held', held_at = now(), dead_reason = NULL, dead_at = NULL, next_attempt_at = now() WHERE id = $1",
      [held],
    );
    await sql(database, "UPDATE postback.webhook_outbox SET status = 'pending', next_attempt_at = now() + interval '1 day' WHERE id = $1", [
      waiting,
    ]);
    await sql(
      database,
      `INSERT INTO postback.webhook_attempts (outbox_id, attempt, trigger, started_at, outcome, charged)
       SELECT id, n, 'schedule', now() - n * interval '1 min', 'rejected', true FROM unnest($1::uuid[]) WITH ORDINALITY AS r (id, n)`,
      [[gone, held, waiting]],
    );
    const { body } = await ask('GET', `/admin/endpoints/${endpoint}/attempts`);
    expect(body.items.map(({ outbox_id }: Document) => outbox_id)).toEqual([gone, held, waiting]);
  });

  it('that is ad hoc and has no webhook left has no secret for a test', async () => {
    const [made] = await sql<{ id: string }>(
      database,
      "INSERT INTO postback.webhook_endpoints (id, tenant, kind, url, origin) VALUES (gen_random_uuid(), 'acme', 'ad_hoc', 'http://127.0.0.1:9/unused', 'o') RETURNING id",
    );
    expect((await ask('POST', `/admin/endpoints/${made!.id}/test`)).body).toMatchObject({ status: 409, code: 'no_secret' });
    expect((await ask('GET', `/admin/endpoints/${randomUUID()}/attempts`)).status).toBe(404);
    expect((await ask('POST', `/admin/endpoints/${randomUUID()}/test`)).status).toBe(404);
  });
});

describe('a task of another tenant', () => {
  let taskId: string;

  beforeAll(async () => {
    const { body: key } = await ask('POST', '/admin/keys', { tenant: 'acme', name: 'consumer', scopes: ['submit'] });
    const body = { payload: { big: '1e131071' }, progress_steps: 2, delay_ms: 50 };
    taskId = (await call('POST', `${service.url}/agent/echo`, { key: key.key, body })).body.task_id;
  });

  it('is followed live with the cookie, to its end', async () => {
    const stream = await StreamClient.open(`${service.url}/admin/tasks/${taskId}/events`, { cookie, authorization: '' });
    expect(stream.response.status).toBe(401); // an empty key is a key that is sent
    const headers = { cookie, accept: 'text/event-stream' };
    const text = await (await fetch(`${service.url}/admin/tasks/${taskId}/events`, { headers })).text();
    expect([...text.matchAll(/^event: (.*)$/gm)].map((match) => match[1])).toEqual(
      expect.arrayContaining(['task.started', 'task.progress', 'task.completed']),
    );
    const { body } = await ask('GET', `/admin/tasks/${taskId}/events?limit=2`);
    expect(body.items).toHaveLength(2);
    expect((await fetch(`${service.url}/admin/tasks/${taskId}/events`, { headers: { ...headers, 'last-event-id': '99' } })).status).toBe(
      204,
    );
  });

  it('is shown with input, result, steps and the process that ran it', async () => {
    await sql(
      database,
      "INSERT INTO postback.task_steps (task_id, name, result, run_token, duration_ms) VALUES ($1, 'one', repeat('1', 5000), gen_random_uuid(), 7)",
      [taskId],
    );
    const { body } = await ask('GET', `/admin/tasks/${taskId}`);
    expect(body).toMatchObject({
      task_id: taskId,
      tenant: 'acme',
      status: 'completed',
      input: { payload: { big: '1e131071' } },
      result: { big: '1e131071' },
      interruptions: 0,
      next_run_at: null,
      worker: { alive: true, pid: process.pid },
      webhook: { url: null, endpoint_ids: [], events: null },
      steps: [{ name: 'one', duration_ms: 7, result_excerpt: '1'.repeat(4_000) }],
    });
    expect((await ask('GET', `/admin/tasks/${randomUUID()}`)).status).toBe(404);
    await sql(database, 'UPDATE postback.tasks SET erased_at = now() WHERE id = $1', [taskId]);
    expect((await ask('GET', `/admin/tasks/${taskId}`)).status).toBe(410);
    expect((await ask('GET', `/admin/tasks/${taskId}/events`)).status).toBe(410);
  });
});

describe('the search', () => {
  const find = async (q: string) => (await ask('GET', `/admin/search?q=${encodeURIComponent(q)}`)).body.items;
  const kinds = async (q: string) => (await find(q)).map(({ kind }: Document) => kind);

  it('finds anything by its id', async () => {
    const { taskId, rowId } = await delivery(receiver.url());
    const [row] = await sql<{ event_id: string; endpoint_id: string }>(
      database,
      'SELECT event_id, endpoint_id FROM postback.webhook_outbox WHERE id = $1',
      [rowId],
    );
    const [alert] = await sql<{ id: string }>(database, 'SELECT id FROM postback.alerts LIMIT 1');
    const [batch] = await sql<{ id: string }>(database, 'SELECT id FROM postback.redelivery_batches LIMIT 1');
    const [key] = await sql<{ id: string }>(database, "SELECT id FROM postback.api_keys WHERE name = 'consumer'");
    const [running] = await sql<{ id: string }>(database, 'SELECT id FROM postback.processes LIMIT 1');
    expect(await find(taskId)).toEqual([
      expect.objectContaining({ kind: 'task', id: taskId, tenant: 'default', title: 'echo', state: 'completed' }),
    ]);
    expect(await find(rowId)).toEqual([expect.objectContaining({ kind: 'outbox', id: rowId, task_id: taskId, title: receiver.url() })]);
    expect(await find(row!.event_id)).toEqual([
      expect.objectContaining({ kind: 'event', task_id: taskId, title: 'task.completed' }),
      expect.objectContaining({ kind: 'outbox', id: rowId }),
    ]);
    expect(await kinds(row!.endpoint_id)).toEqual(['endpoint']);
    expect(await kinds(alert!.id)).toEqual(['alert']);
    expect(await kinds(batch!.id)).toEqual(['redelivery']);
    expect(await kinds(running!.id)).toEqual(['process']);
    expect(await kinds(key!.id)).toEqual(['key']);
    expect(await kinds(` ${key!.id.toUpperCase()} `)).toEqual(['key']);
    expect(await kinds(`pb_${key!.id.replaceAll('-', '')}_whatever`)).toEqual(['key']);
    expect((await ask('GET', `/admin/alerts/${alert!.id}`)).body.id).toBe(alert!.id);
  });

  it.each([randomUUID(), 'x', "'; DROP TABLE", '%', '<script>', '\0'])('finds nothing for %j', async (q) => {
    expect(await find(q)).toEqual([]);
  });

  it.each(['', 'x'.repeat(301)])('asks for something to look for', async (q) => {
    expect((await ask('GET', `/admin/search?q=${q}`)).status).toBe(422);
  });
});
