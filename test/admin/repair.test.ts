import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { block } from '../docs/read-doc.js';
import { eventually as wait } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { Receiver } from '../support/receiver.js';
import { ADMIN_KEY, call, sql, startService } from '../support/service.js';

let database: TestDatabase;
let service: Awaited<ReturnType<typeof startService>>;
let receiver: Receiver;
let path: string;
let made = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  receiver = await Receiver.start(500);
  service = await startService(database, { POSTBACK_RETRY_MAX_RETRIES: '0', POSTBACK_BREAKER_MIN_FAILURES: '1000' });
});

afterAll(async () => {
  await service?.stop();
  await receiver?.stop();
  await database?.drop();
});

beforeEach(() => {
  made += 1;
  path = `/receiver-${made}`;
});

const eventually = <T>(look: () => Promise<T | null>) => wait(look, 'the repair');

const ask = (method: string, route: string, body?: unknown) => call(method, `${service.url}${route}`, { body, key: ADMIN_KEY });

/** So many dead webhooks of one endpoint; resolves with that endpoint's id. */
async function breakReceiver(webhooks: number): Promise<string> {
  receiver.answerWith(500);
  const ids: string[] = [];
  for (let n = 0; n < webhooks; n += 1) {
    const { body } = await call('POST', `${service.url}/agent/echo`, {
      body: { payload: n, webhook_url: receiver.url(path), webhook_secret: 'a-secret-nobody-may-read' },
    });
    ids.push(body.task_id);
  }
  const rows = await eventually(async () => {
    const dead = await sql<{ endpoint_id: string }>(
      database,
      "SELECT endpoint_id FROM postback.dead_letters WHERE task_id = ANY ($1) AND can_be_sent_again AND dead_reason = 'exhausted'",
      [ids],
    );
    return dead.length === webhooks ? dead : null;
  });
  return rows[0]!.endpoint_id;
}

const statuses = async (endpoint: string) =>
  (
    await sql<{ status: string; n: number }>(
      database,
      'SELECT status, count(*)::int AS n FROM postback.webhook_outbox WHERE endpoint_id = $1 GROUP BY 1 ORDER BY 1',
      [endpoint],
    )
  ).map(({ status, n }) => `${n} ${status}`);

const delivered = (endpoint: string, n: number) =>
  eventually(async () => ((await statuses(endpoint)).join() === `${n} delivered` ? true : null));

describe('a repair in SQL alone', () => {
  it('begins with a view of what waits in each state, and since when', async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const rows = (status: string, more: string, due: string, n: number) => `
      INSERT INTO postback.webhook_outbox (id, event_id, endpoint_id, task_id, tenant, url, secret_id, max_attempts, status, next_attempt_at, ${more.split(' = ')[0]})
      SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'acme', 'http://127.0.0.1/', gen_random_uuid(), 1, '${status}', ${due}, ${more.split(' = ')[1]}
        FROM generate_series(1, ${n});`;
    const minutes = (n: number) => `now() - interval '${n} minutes'`;
    const answers = (await client
      .query(
        `BEGIN; DELETE FROM postback.webhook_outbox;
        ${rows('delivering', 'lease_token, claimed_at = gen_random_uuid(), now()', minutes(9), 2)}
        ${rows('delivering', 'lease_token, claimed_at = gen_random_uuid(), now()', minutes(-9), 1)}
        ${rows('pending', 'attempts = 0', minutes(3), 4)}
        ${rows('pending', 'attempts = 0', minutes(-3), 1)}
        ${rows('held', 'held_at = now()', 'NULL', 3)}
        ${rows('delivered', 'delivered_at = now()', 'NULL', 7)}
        SELECT status, rows::int, oldest = ${minutes(3)} AS three FROM postback.outbox_health; ROLLBACK`,
      )
      .finally(() => client.end())) as unknown as pg.QueryResult[];
    expect(answers.find(({ command }) => command === 'SELECT')!.rows).toEqual([
      { status: 'pending', rows: 5, three: true },
      { status: 'delivering', rows: 3, three: false },
      { status: 'held', rows: 3, three: false },
      { status: 'dead', rows: 0, three: null },
    ]);
  });

  it.each([
    ["dead_reason => 'nonsense'", 'No row is dead for the reason', 'Use one of: exhausted, gone'],
    ['status_code => 5', 'No receiver answers with the status 5', 'from 100 to 599'],
    ['rate_per_second => 0', 'Nothing would ever be sent at 0 a second', 'from 1'],
  ])('is told what is wrong with %s, and nothing is made of it', async (argument, message, hint) => {
    const refusal = await sql(database, `SELECT postback.redeliver_where(${argument})`).catch((error) => error);
    expect(refusal).toMatchObject({ code: '22023', message: expect.stringContaining(message), hint: expect.stringContaining(hint) });
  });

  it('sends dead webhooks again, one by one and all that match, under the same event ids', async () => {
    const endpoint = await breakReceiver(3);
    expect(await statuses(endpoint)).toEqual(['3 dead']);
    const [health] = await sql(database, 'SELECT dead::int, held::int, last_status_code FROM postback.endpoint_health WHERE id = $1', [
      endpoint,
    ]);
    expect(health).toEqual({ dead: 3, held: 0, last_status_code: 500 });
    receiver.answerWith(200);
    const [one] = await sql<{ outcome: string }>(
      database,
      'SELECT postback.redeliver(id) AS outcome FROM postback.dead_letters WHERE endpoint_id = $1 LIMIT 1',
      [endpoint],
    );
    expect(one).toEqual({ outcome: 'queued' });
    const [batch] = await sql<{ id: string }>(database, 'SELECT postback.redeliver_where(endpoint_id => $1) AS id', [endpoint]);
    await delivered(endpoint, 3);
    const [done] = await eventually(async () => {
      const found = await sql(
        database,
        "SELECT state, redelivered::int, actor FROM postback.redelivery_batches WHERE id = $1 AND state = 'completed'",
        [batch!.id],
      );
      return found.length > 0 ? found : null;
    });
    expect(done).toMatchObject({ redelivered: 2 });
    expect(done!.actor).toMatch(/^sql:/);
    const written = await sql(
      database,
      'SELECT actor, key_id, action, before, after FROM postback.audit_log WHERE actor = $1 ORDER BY created_at',
      [done!.actor],
    );
    expect(written).toEqual([
      {
        actor: done!.actor,
        key_id: null,
        action: 'outbox.redeliver',
        before: { status: 'dead', attempts_charged: 1, dead_reason: 'exhausted' },
        after: { status: 'pending', attempts_charged: 0, dead_reason: null },
      },
      expect.objectContaining({
        action: 'redelivery.create',
        before: null,
        after: expect.objectContaining({ filter: { endpoint_id: endpoint } }),
      }),
    ]);
    expect(await sql(database, 'SELECT postback.cancel_redelivery($1) AS state', [batch!.id])).toEqual([{ state: 'completed' }]);
    const heard = receiver.received.filter(({ path: at }) => at === path).map(({ headers }) => headers['webhook-id']);
    expect([heard.length, new Set(heard).size]).toEqual([6, 3]);
    const triggers = await sql<{ trigger: string }>(
      database,
      'SELECT DISTINCT a.trigger FROM postback.webhook_attempts a JOIN postback.webhook_outbox o ON o.id = a.outbox_id WHERE o.endpoint_id = $1 ORDER BY 1',
      [endpoint],
    );
    expect(triggers.map(({ trigger }) => trigger)).toEqual(['bulk', 'manual', 'schedule']);
  });

  it('pauses and resumes an endpoint, also an ad-hoc one, and holds what is redelivered meanwhile', async () => {
    const endpoint = await breakReceiver(1);
    receiver.answerWith(200);
    expect(await sql(database, "SELECT postback.pause_endpoint($1, 'maintenance') AS state", [endpoint])).toEqual([{ state: 'paused' }]);
    expect(await sql(database, 'SELECT postback.redeliver(id) AS o FROM postback.dead_letters WHERE endpoint_id = $1', [endpoint])).toEqual(
      [{ o: 'held' }],
    );
    expect(await sql(database, 'SELECT postback.resume_endpoint($1) AS state', [endpoint])).toEqual([{ state: 'active' }]);
    await delivered(endpoint, 1);
    const written = await sql(database, 'SELECT action, before, after FROM postback.audit_log WHERE target_id = $1 ORDER BY created_at', [
      endpoint,
    ]);
    expect(written).toMatchObject([
      { action: 'endpoint.pause', before: { state: 'active' }, after: { state: 'paused', state_reason: 'maintenance' } },
      { action: 'endpoint.resume', before: { state: 'paused' }, after: { state: 'active' } },
    ]);
    expect(await sql(database, 'SELECT postback.resume_endpoint($1) AS state', [randomUUID()])).toEqual([{ state: 'unknown' }]);
    expect(await sql(database, 'SELECT postback.redeliver($1) AS o', [randomUUID()])).toEqual([{ o: 'unknown' }]);
  });
});

describe('webhooks to a mistyped URL, whose tenant has used the right one as well', () => {
  it('are given to the endpoint of the right one by the UPDATE of docs/dba.md, whatever keeps the wrong one off', async () => {
    receiver.answerWith(200);
    const rightPath = `/right-${made}`;
    const { body } = await call('POST', `${service.url}/agent/echo`, {
      body: { payload: 1, webhook_url: receiver.url(rightPath), webhook_secret: 'a-secret-nobody-may-read' },
    });
    const right = await eventually(async () => {
      const [row] = await sql<{ endpoint_id: string; status: string }>(
        database,
        'SELECT endpoint_id, status FROM postback.webhook_outbox WHERE task_id = $1',
        [body.task_id],
      );
      return row?.status === 'delivered' ? row.endpoint_id : null;
    });
    path += '?ticket=7';
    const wrong = await breakReceiver(2);
    await sql(
      database,
      "UPDATE postback.webhook_endpoints SET breaker = 'open', breaker_opened_at = now(), breaker_probe_at = now() + interval '1 hour' WHERE id = $1",
      [wrong],
    );
    receiver.answerWith(200);
    const move = { url: receiver.url(rightPath) };
    expect((await ask('PATCH', `/admin/endpoints/${wrong}`, move)).body.code).toBe('endpoint_exists');
    const repair = block('docs/dba.md', 'to an endpoint that is there already')
      .replace(/^SELECT .*$/m, '')
      .replace('<right>', right)
      .replace('<wrong>', wrong)
      .replace('https://client.example/right', move.url);
    await sql(database, repair);
    await delivered(right, 3);
    expect(await statuses(wrong)).toEqual([]);
    expect(receiver.received.filter(({ path: at }) => at === `${rightPath}?ticket=7`)).toHaveLength(2);
  });
});

describe('the roles for DBAs', () => {
  const roles = readFileSync('docs/dba-roles.sql', 'utf8').replace(/^\\.*$/gm, ''); // but for what psql keeps to itself
  // roles belong to the whole server: nothing of it is committed
  const as = (role: string, statement: string) => sql(database, `BEGIN; ${roles}; SET LOCAL ROLE ${role}; ${statement}; ROLLBACK`);

  async function severally(statements: string): Promise<pg.QueryResult[]> {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const results = await client.query(statements).finally(() => client.end());
    return results as unknown as pg.QueryResult[];
  }

  it('let a repairer repair and a reader only read, and show secrets to neither', async () => {
    const repairs = [
      `redeliver('${randomUUID()}')`,
      'redeliver_where()',
      `cancel_redelivery('${randomUUID()}')`,
      `pause_endpoint('${randomUUID()}')`,
      `resume_endpoint('${randomUUID()}')`,
    ];
    await as('postback_repairer', `SELECT ${repairs.map((call) => `postback.${call}`).join()}`);
    await as(
      'postback_reader',
      'SELECT * FROM postback.dead_letters, postback.stuck_tasks, postback.outbox_health, postback.endpoint_health',
    );
    for (const call of repairs) await expect(as('postback_reader', `SELECT postback.${call}`)).rejects.toThrow(/permission denied/);
  });

  // what each may read was chosen, column by column; a column that is added later is nobody's until it is named in the script
  it('let nobody read or write more than the script says', async () => {
    const seen = async (role: string) => {
      const [, ...results] = await severally(`BEGIN; ${roles}; SELECT format('%I.%I', c.relname, a.attname) AS column, p.privilege
          FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         CROSS JOIN (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('REFERENCES')) p (privilege)
         WHERE c.relnamespace = 'postback'::regnamespace AND c.relkind IN ('r', 'v', 'p', 'm')
           AND has_column_privilege('${role}', c.oid, a.attnum, p.privilege) ORDER BY 1; ROLLBACK`);
      return (results.find(({ rows }) => rows.length > 0)?.rows ?? []) as { column: string; privilege: string }[];
    };
    const reader = await seen('postback_reader');
    expect(await seen('postback_repairer')).toEqual(reader);
    expect(reader.filter(({ privilege }) => privilege !== 'SELECT')).toEqual([]);
    const columns = reader.map(({ column }) => column);
    expect(columns).toEqual(expect.arrayContaining(['dead_letters.url', 'webhook_outbox.status', 'webhook_attempts.outcome']));
    const tables = new Set(columns.map((column) => column.split('.')[0]));
    for (const kept of ['webhook_secrets', 'webhook_events', 'webhook_endpoints', 'task_steps', 'api_keys', 'keyring', 'audit_log'])
      expect([...tables]).not.toContain(kept);
    for (const kept of [
      'webhook_outbox.url',
      'webhook_outbox.secret_id',
      'webhook_outbox.lease_token',
      'webhook_attempts.response_excerpt',
      'tasks.input',
      'tasks.result',
      'tasks.error',
      'tasks.metadata',
      'tasks.progress',
      'tasks.run_token',
      'tasks.webhook_url',
      'tasks.webhook_secret_id',
    ])
      expect(columns).not.toContain(kept);
  });
});

describe('a bulk redelivery', () => {
  it('shows what it would take, takes it once even when asked twice at once, and is written down', async () => {
    const endpoint = await breakReceiver(4);
    const order = { filter: { endpoint_id: endpoint, status_code: 500, event_type: 'task.completed' } };
    const dry = await ask('POST', '/admin/redeliveries', { ...order, dry_run: true });
    expect([dry.status, dry.body.count, dry.body.more, dry.body.sample.length]).toEqual([200, 4, false, 4]);
    expect(await statuses(endpoint)).toEqual(['4 dead']);
    receiver.answerWith(200);
    const asked = await Promise.all([ask('POST', '/admin/redeliveries', order), ask('POST', '/admin/redeliveries', order)]);
    expect(asked.map(({ status }) => status)).toEqual([202, 202]);
    await delivered(endpoint, 4);
    const done = await Promise.all(
      asked.map(({ body }) =>
        eventually(async () => {
          const { body: batch } = await ask('GET', `/admin/redeliveries/${body.id}`);
          return batch.state === 'completed' ? batch : null;
        }),
      ),
    );
    expect(done[0].redelivered + done[1].redelivered).toBe(4);
    expect((await ask('POST', `/admin/redeliveries/${done[0].id}/cancel`)).body.code).toBe('redelivery_completed');
    const audit = await sql(database, 'SELECT action FROM postback.audit_log WHERE target_id = $1', [done[0].id]);
    expect(audit).toEqual([{ action: 'redelivery.create' }]);
    const again = await ask('POST', '/admin/redeliveries', { filter: { endpoint_id: endpoint }, dry_run: true, include_delivered: true });
    expect(again.body.count).toBe(4);
  });

  it('made in SQL is canceled in SQL, and both are written down', async () => {
    const endpoint = await breakReceiver(1);
    await sql(database, 'SELECT postback.pause_endpoint($1)', [endpoint]);
    const [batch] = await sql<{ id: string }>(
      database,
      `WITH made AS (SELECT postback.redeliver_where(endpoint_id => $1) AS id) SELECT id, postback.cancel_redelivery(id) AS state FROM made`,
      [endpoint],
    );
    expect(batch).toMatchObject({ state: 'canceled' });
    expect(
      await sql(database, 'SELECT action, actor, after FROM postback.audit_log WHERE target_id = $1 ORDER BY action', [batch!.id]),
    ).toMatchObject([
      { action: 'redelivery.cancel', actor: expect.stringMatching(/^sql:./), after: { state: 'canceled' } },
      { action: 'redelivery.create' },
    ]);
    expect(await statuses(endpoint)).toEqual(['1 dead']);
  });

  it('that is canceled has moved some, and what it has not moved stays dead', async () => {
    const endpoint = await breakReceiver(10); // at its rate the last one is seconds away
    receiver.answerWith(200);
    const { body } = await ask('POST', '/admin/redeliveries', { filter: { endpoint_id: endpoint }, rate_per_second: 1 });
    await eventually(async () => ((await ask('GET', `/admin/redeliveries/${body.id}`)).body.redelivered > 0 ? true : null));
    const canceled = await ask('POST', `/admin/redeliveries/${body.id}/cancel`);
    expect(canceled.body).toMatchObject({ state: 'canceled', redelivered: expect.any(Number) });
    expect(await statuses(endpoint)).toContain(`${10 - canceled.body.redelivered} dead`);
  });

  it('leaves the rows of an unfinished one alone', async () => {
    const endpoint = await breakReceiver(1);
    const other = randomUUID();
    await sql(database, "INSERT INTO postback.redelivery_batches (id, actor, next_step_at) VALUES ($1, 'test', 'infinity')", [other]);
    await sql(database, 'UPDATE postback.webhook_outbox SET redelivery_batch_id = $2 WHERE endpoint_id = $1', [endpoint, other]);
    const { body } = await ask('POST', '/admin/redeliveries', { filter: { endpoint_id: endpoint } });
    const batch = await eventually(async () => {
      const { body: found } = await ask('GET', `/admin/redeliveries/${body.id}`);
      return found.state === 'completed' ? found : null;
    });
    expect(batch).toMatchObject({ redelivered: 0, skipped: 1 });
    await sql(database, 'DELETE FROM postback.redelivery_batches WHERE id = $1', [other]);
  });

  it('is not put off its way by what an attacker or a slip may send', async () => {
    const bad: [unknown, string][] = [
      [{}, 'filter'],
      [{ filter: { status: 'dead' } }, 'filter.status'],
      [{ filter: { endpoint_id: '1; drop table' } }, 'filter.endpoint_id'],
      [{ filter: { since: 'yesterday' } }, 'filter.since'],
      [{ filter: {}, rate_per_second: 1e9 }, 'rate_per_second'],
      [{ filter: {}, dry_run: 'yes' }, 'dry_run'],
    ];
    for (const [order, field] of bad) {
      const { status, body } = await ask('POST', '/admin/redeliveries', order);
      expect([status, body.errors[0].field]).toEqual([422, field]);
    }
    for (const query of ['sort=id;drop%20table', 'limit=1e9', 'limit=0', 'cursor=tampered', 'cursor=WyIyMDI2IiwieCJd'])
      for (const list of ['outbox', 'redeliveries', 'endpoints', 'tasks'])
        expect([list, query, (await ask('GET', `/admin/${list}?${query}`)).status]).toEqual([list, query, 422]);
    expect((await ask('GET', `/admin/redeliveries/${randomUUID()}`)).status).toBe(404);
    expect((await ask('POST', '/admin/redeliveries/1/cancel')).status).toBe(404);
  });
});

describe('the endpoints and tasks of every tenant', () => {
  it('moves what an ad-hoc endpoint has to another URL, and writes it down', async () => {
    receiver.answerWith(500);
    path = `${path}?token=kept`;
    const endpoint = await breakReceiver(1);
    const listed = await ask('GET', '/admin/endpoints?state=active&breaker=closed&limit=100');
    expect(listed.body.items.find(({ id }: { id: string }) => id === endpoint)).toMatchObject({
      kind: 'ad_hoc',
      dead: 1,
      last_status_code: 500,
    });
    const moved = await ask('PATCH', `/admin/endpoints/${endpoint}`, { url: receiver.url('/elsewhere') });
    expect([moved.status, moved.body.url]).toEqual([200, receiver.url('/elsewhere')]);
    receiver.answerWith(200);
    expect((await ask('POST', `/admin/endpoints/${endpoint}/test`)).body).toMatchObject({ outcome: 'delivered' });
    expect(receiver.received.at(-1)!.path).toBe('/elsewhere?token=kept');
    expect((await ask('POST', `/admin/endpoints/${endpoint}/pause`, { reason: 'maintenance' })).body).toMatchObject({
      state: 'paused',
      state_reason: 'maintenance',
    });
    expect((await ask('POST', `/admin/endpoints/${endpoint}/enable`)).body.state).toBe('active');
    await sql(database, 'SELECT postback.redeliver(id) FROM postback.dead_letters WHERE endpoint_id = $1', [endpoint]);
    await delivered(endpoint, 1);
    expect(receiver.received.at(-1)!.path).toBe('/elsewhere?token=kept');
    const audit = await sql<{ action: string }>(
      database,
      'SELECT action FROM postback.audit_log WHERE target_id = $1 ORDER BY created_at',
      [endpoint],
    );
    expect(audit.map(({ action }) => action)).toEqual(['endpoint.change', 'endpoint.test', 'endpoint.pause', 'endpoint.resume']);
    expect((await ask('PATCH', `/admin/endpoints/${endpoint}`, { max_in_flight: 3 })).status).toBe(422);
    expect((await ask('POST', `/admin/endpoints/${randomUUID()}/resume`)).status).toBe(404);
  });

  it('lists, cancels and does tasks again, and counts what waits', async () => {
    const { body: slow } = await call('POST', `${service.url}/agent/echo`, { body: { payload: 1, delay_ms: 60_000 } });
    const { body: page } = await ask('GET', '/admin/tasks?status=processing');
    const tenant = page.items.find(({ task_id }: { task_id: string }) => task_id === slow.task_id).tenant;
    expect((await ask('GET', `/admin/tasks?tenant=${tenant}x`)).body.items).toEqual([]);
    expect((await ask('POST', `/admin/tasks/${slow.task_id}/retry`)).body.code).toBe('not_finished');
    expect([200, 202]).toContain((await ask('POST', `/admin/tasks/${slow.task_id}/cancel`)).status);
    await eventually(async () => ((await call('GET', `${service.url}/tasks/${slow.task_id}`)).body.status === 'canceled' ? true : null));
    const again = await ask('POST', `/admin/tasks/${slow.task_id}/retry`);
    expect(again.status).toBe(202);
    expect((await call('GET', `${service.url}/tasks/${again.body.task_id}`)).status).toBe(200); // its owner's
    await ask('POST', `/admin/tasks/${again.body.task_id}/cancel`);
    const { body: stats } = await ask('GET', '/admin/stats');
    expect(stats).toMatchObject({
      processes: { api: 1, worker: 1, dispatcher: 1 },
      running_redeliveries: 0,
      outbox: { dead: expect.any(Number) },
    });
  });
});
