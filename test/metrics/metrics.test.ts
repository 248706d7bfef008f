import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../../examples/support/free-port.js';
import { SampleLevels } from '../../src/metrics/sample-levels.js';
import { shareFigures } from '../../src/metrics/share-figures.js';
import { newId } from '../../src/platform/ids.js';
import { scrape, scrapeUntil } from '../support/metrics.js';
import { dueRow, openParts, type Parts, queuedTask } from '../support/parts.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { Receiver } from '../support/receiver.js';
import { call, sql, startService } from '../support/service.js';

const SECRET = 'my-client-super-secret-key';
const TOKEN = 'metrics-token';

let database: TestDatabase;
let service: Awaited<ReturnType<typeof startService>>;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database, { POSTBACK_METRICS_INTERVAL_MS: '0', POSTBACK_RETRY_MAX_RETRIES: '1' });
});

afterAll(async () => {
  await service?.stop();
  await database?.drop();
});

const submit = (url: string, more: object = {}) =>
  call('POST', `${service.url}/agent/echo`, { body: { payload: 1, webhook_url: url, webhook_secret: SECRET, ...more } });

describe('GET /metrics', () => {
  it('tells of runs, deliveries, retries and dead webhooks what happened to them', async () => {
    const receiver = await Receiver.start(200, 500, 200, 410);
    await submit(receiver.url('/once'));
    await receiver.requests(1);
    await submit(receiver.url('/twice'));
    await receiver.requests(3);
    await submit(receiver.url('/gone'), { fail: 'failed' });
    const samples = await scrapeUntil(
      service.url,
      (seen) =>
        seen.get('postback_outbox_dead{reason="gone"}') === 1 &&
        seen.get('postback_deliveries_dead_total{reason="gone"}') === 1 &&
        seen.get('postback_deliveries_delivered_total') === 2,
      'all three webhooks to be counted',
    );
    expect(Object.fromEntries(samples)).toMatchObject({
      'postback_tasks_ended_total{type="echo",status="completed"}': 2,
      'postback_tasks_ended_total{type="echo",status="failed"}': 1,
      'postback_tasks_ended_total{type="analyze-document",status="completed"}': 0,
      'postback_run_duration_seconds_count{type="echo",outcome="completed"}': 2,
      'postback_delivery_attempt_duration_seconds_count{outcome="delivered"}': 2,
      'postback_delivery_attempt_duration_seconds_count{outcome="rejected"}': 1,
      'postback_delivery_attempt_duration_seconds_count{outcome="gone"}': 1,
      'postback_delivery_attempt_duration_seconds_count{outcome="timed_out"}': 0,
      postback_delivery_lag_seconds_count: 2,
      'postback_delivery_attempts_count{status="delivered"}': 2,
      'postback_delivery_attempts_sum{status="delivered"}': 3,
      'postback_delivery_attempts_count{status="dead"}': 1,
      'postback_outbox_dead{reason="gone"}': 1,
      'postback_outbox_dead{reason="exhausted"}': 0,
      'postback_alerts_open{kind="dead_letter"}': 1,
      'postback_processes{role="dispatcher"}': 1,
      'postback_database_pool{state="waiting"}': 0,
      postback_database_up: 1,
    });
    for (const name of ['postback_run_claim_duration_seconds_count', 'postback_delivery_claim_duration_seconds_count'])
      expect(samples.get(name)).toBeGreaterThan(0);
    expect(samples.get('nodejs_eventloop_lag_p99_seconds')).toEqual(expect.any(Number));
    await receiver.stop();
  });

  it('says nothing of tenants, URLs and ids', async () => {
    const { text, headers } = await call('GET', `${service.url}/metrics`, { key: null });
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const labels = new Set([...text.matchAll(/[{,](\w+)="/g)].map((match) => match[1]!));
    const ofNode = ['version', 'major', 'minor', 'patch', 'kind', 'space', 'type', 'quantile', 'le'];
    const ours = ['type', 'status', 'outcome', 'reason', 'state', 'role', 'kind', 'le'];
    expect([...labels].filter((label) => ![...ofNode, ...ours].includes(label))).toEqual([]);
    expect(text).not.toMatch(/127\.0\.0\.1|https?:|[0-9a-f]{8}-[0-9a-f]{4}|tenant|"default"/);
  });

  it('answers when the tables cannot be counted, and says so', async () => {
    await sql(database, 'ALTER TABLE postback.metrics_figures RENAME TO hidden');
    const samples = await scrape(service.url);
    await sql(database, 'ALTER TABLE postback.hidden RENAME TO metrics_figures');
    expect(samples.get('postback_database_up')).toBe(0);
    expect([...samples.keys()].filter((name) => /^postback_(outbox|queue|tasks\b|processes)/.test(name) && !/_total/.test(name))).toEqual(
      [],
    );
    expect(samples.get('postback_deliveries_delivered_total')).toBe(2);
    expect((await scrape(service.url)).get('postback_outbox_due')).toBe(0);
  });
});

describe('a process without the role api', () => {
  it('has its metrics on a port of their own, closed by the token', async () => {
    const port = await freePort();
    const more = {
      POSTBACK_ROLES: 'dispatcher',
      POSTBACK_METRICS_PORT: String(port),
      POSTBACK_METRICS_TOKEN: TOKEN,
      POSTBACK_METRICS_INTERVAL_MS: '0',
    };
    const dispatcher = await startService(database, more);
    const at = `http://127.0.0.1:${port}`;
    expect((await scrape(at, TOKEN)).get('postback_processes{role="dispatcher"}')).toBe(2);
    expect((await call('GET', `${at}/metrics`, { key: null })).status).toBe(401);
    expect((await call('GET', `${at}/metrics`, { key: 'another-token' })).status).toBe(401);
    expect((await call('GET', `${at}/tasks`, { key: TOKEN })).status).toBe(404);
    for (const [path, key] of [
      ['/metrics', TOKEN],
      ['/metrics', null],
      ['/tasks', TOKEN],
    ] as const) {
      const { headers } = await call('GET', at + path, { key });
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
    await expect(startService(database, more)).rejects.toThrow(/POSTBACK_METRICS_PORT is \d+, .*EADDRINUSE.* Set it to a free port/);
    await dispatcher.stop();
    await expect(fetch(`${at}/metrics`)).rejects.toThrow();
  });
});

describe('what the tables hold', () => {
  let own: TestDatabase;
  let parts: Parts;

  beforeAll(async () => {
    own = await createTestDatabase();
    parts = await openParts(own);
  });

  afterAll(async () => {
    await parts?.close();
    await own?.drop();
  });

  const settings = { intervalMs: 60_000, lostMs: 20_000 };

  it('is counted once per interval, whoever and however many ask', async () => {
    const askers = Array.from({ length: 6 }, () => newId());
    const first = await Promise.all(askers.map((id) => shareFigures(parts.database, id, settings)));
    const [count] = await sql(own, 'SELECT counted_at, counted_by FROM postback.metrics_figures');
    await queuedTask(parts);
    expect(await shareFigures(parts.database, newId(), settings)).toEqual(first[0]);
    expect(await sql(own, 'SELECT counted_at, counted_by FROM postback.metrics_figures')).toEqual([count]);
    expect(new Set(first.map((figures) => JSON.stringify(figures))).size).toBe(1);
    expect(first[0]!.tasks).toEqual([]);
    await sql(own, `UPDATE postback.metrics_figures SET counted_at = now() - interval '55 seconds'`);
    expect((await shareFigures(parts.database, newId(), settings)).tasks).toMatchObject([
      { type: 'echo', status: 'queued', count: 1, due: 1 },
    ]);
  });

  it('is counted and drawn also when nobody asks, and no more often than that', async () => {
    const quiet = await startService(own, { POSTBACK_ROLES: 'api', POSTBACK_METRICS_INTERVAL_MS: '600000' });
    const sampled = async (ago: string) => {
      const counted = `now() - interval '${ago}'`;
      await sql(own, `UPDATE postback.metrics_figures SET counted_at = ${counted}; TRUNCATE postback.activity`);
      await quiet.app.get(SampleLevels).sample();
      return sql(own, "SELECT what, n::int FROM postback.activity WHERE what LIKE 'level.%' AND span_seconds = 60 ORDER BY what");
    };
    expect(await sampled('5 minutes')).toEqual([]);
    expect(await sampled('10 minutes')).toEqual([
      { what: 'level.tasks_queued', n: 1 },
      { what: 'level.webhooks_dead', n: 0 },
      { what: 'level.webhooks_held', n: 0 },
      { what: 'level.webhooks_waiting', n: 0 },
    ]);
    await quiet.stop();
  });

  it('is what it is: waiting, due, held, dead and blocked', async () => {
    const ids = [await dueRow(parts, own), await dueRow(parts, own), await dueRow(parts, own), await dueRow(parts, own)];
    await sql(own, `UPDATE postback.webhook_outbox SET next_attempt_at = now() - interval '90 seconds' WHERE id = $1`, [ids[0]]);
    await sql(own, `UPDATE postback.webhook_outbox SET next_attempt_at = now() + interval '1 hour' WHERE id = $1`, [ids[1]]);
    const held = `UPDATE postback.webhook_outbox SET status = 'held', next_attempt_at = NULL, held_at = now() - interval '2 hours' WHERE id = $1`;
    await sql(own, held, [ids[2]]);
    await sql(
      own,
      `UPDATE postback.webhook_outbox SET status = 'dead', dead_reason = 'exhausted', dead_at = now(), next_attempt_at = NULL WHERE id = $1`,
      [ids[3]],
    );
    await sql(
      own,
      `UPDATE postback.webhook_endpoints SET breaker = 'open', breaker_probe_at = now() WHERE id = (SELECT endpoint_id FROM postback.webhook_outbox WHERE id = $1)`,
      [ids[2]],
    );
    await sql(own, `UPDATE postback.tasks SET next_run_at = now() - interval '1 minute' WHERE status = 'queued'`);
    const figures = await shareFigures(parts.database, newId(), { ...settings, intervalMs: 0 });
    expect(figures.outbox).toMatchObject({ pending: 2, delivering: 0, held: 1, due: 1 });
    expect(figures.outbox.oldestDueSeconds).toBeGreaterThanOrEqual(90);
    expect(figures.outbox.oldestHeldSeconds).toBeGreaterThanOrEqual(7_200);
    expect(figures.tasks[0]!.oldestSeconds).toBeGreaterThanOrEqual(60);
    expect(figures.dead).toEqual([{ reason: 'exhausted', count: 1 }]);
    expect(figures.endpoints).toEqual({ paused: 0, disabled: 0, breakerOpen: 1, breakerHalfOpen: 0 });
  });
});
