import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { Meter } from '../support/meter.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { Receiver } from '../support/receiver.js';
import { call, sql, startService } from '../support/service.js';

const SECRET = 'a secret for tests';

let database: TestDatabase;
let services: Awaited<ReturnType<typeof startService>>[];

beforeAll(async () => {
  database = await createTestDatabase();
  const settings = { POSTBACK_ENDPOINT_MAX_IN_FLIGHT: '3', POSTBACK_ORIGIN_MAX_IN_FLIGHT: '5' };
  services = [await startService(database, settings), await startService(database, { ...settings, POSTBACK_ROLES: 'dispatcher' })];
});

afterAll(async () => {
  for (const service of services ?? []) await service.stop();
  await database?.drop();
});

const submit = (url: string, more: object = {}) =>
  call('POST', `${services[0]!.url}/agent/echo`, { body: { webhook_url: url, webhook_secret: SECRET, ...more } });

const undelivered = async () =>
  Number((await sql<{ n: number }>(database, "SELECT count(*)::int AS n FROM postback.webhook_outbox WHERE status <> 'delivered'"))[0]!.n);

describe('requests at once, over two dispatchers', () => {
  it('stay within the cap of each endpoint and of its origin, and reach it', async () => {
    const meter = new Meter();
    const receiver = await Receiver.start(meter.hold);
    await Promise.all(Array.from({ length: 40 }, (_, i) => submit(receiver.url(`/${i % 3}`))));
    await receiver.requests(40);
    await eventually(async () => (await undelivered()) === 0, 'all to be delivered');
    expect(meter.most).toBe(5);
    expect(Math.max(...meter.mostByPath.values())).toBe(3);
    const claimers = await sql(database, 'SELECT DISTINCT claimed_by FROM postback.webhook_attempts');
    expect(claimers).toHaveLength(2); // else this test has shown less than it says
    await receiver.stop();
  });

  it('is never sent twice', async () => {
    const receiver = await Receiver.start(200);
    await Promise.all(Array.from({ length: 60 }, (_, i) => submit(receiver.url(`/${i % 20}`))));
    await receiver.requests(60);
    await eventually(async () => (await undelivered()) === 0, 'all to be delivered');
    expect(receiver.received).toHaveLength(60);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(60);
    await receiver.stop();
  });
});

describe('an endpoint with a rate', () => {
  it('gets no more than that, over all dispatchers', async () => {
    const receiver = await Receiver.start(200);
    const url = receiver.url('/rated');
    await submit(url);
    await receiver.requests(1);
    await eventually(async () => (await undelivered()) === 0, 'the first delivery');
    await sql(database, 'UPDATE postback.webhook_endpoints SET rate_per_second = 5 WHERE url = $1', [url]);
    await Promise.all(Array.from({ length: 12 }, () => submit(url)));
    await receiver.requests(13);
    await eventually(async () => (await undelivered()) === 0, 'all to be delivered');
    const starts = await sql<{ at: string }>(
      database,
      `SELECT extract(epoch FROM a.started_at) AS at FROM postback.webhook_attempts a JOIN postback.webhook_outbox o ON o.id = a.outbox_id
        WHERE o.url = $1 ORDER BY a.started_at OFFSET 1`,
      [url],
    );
    const times = starts.map(({ at }) => Number(at));
    expect(times).toHaveLength(12);
    // a burst of one second's worth, then five a second: in any window of t seconds at most 5 + 5t
    times.forEach((from, i) => {
      times.slice(i).forEach((to, j) => {
        expect(j + 1).toBeLessThanOrEqual(5 + 5 * (to - from) + 1e-6);
      });
    });
    await receiver.stop();
  });
});

describe('an endpoint that answers 429', () => {
  it('is left alone as a whole for as long as it asked', async () => {
    const receiver = await Receiver.start((_, response) => response.writeHead(429, { 'retry-after': '2' }).end(), 200);
    const url = receiver.url('/throttles');
    await submit(url);
    await receiver.requests(1);
    const [endpoint] = await eventually(async () => {
      const rows = await sql<{ wait: string }>(
        database,
        'SELECT extract(epoch FROM slow_until - last_failure_at) AS wait FROM postback.webhook_endpoints WHERE url = $1 AND slow_until IS NOT NULL',
        [url],
      );
      return rows.length > 0 && rows;
    }, 'the endpoint to be slowed');
    expect(Number(endpoint!.wait)).toBeCloseTo(2, 1);
    await submit(url); // another row, which did nothing wrong, waits as well
    await receiver.requests(3);
    await eventually(async () => (await undelivered()) === 0, 'all to be delivered');
    const [late] = await sql<{ early: number }>(
      database,
      `SELECT count(*)::int AS early FROM postback.webhook_attempts a JOIN postback.webhook_outbox o ON o.id = a.outbox_id
         JOIN postback.webhook_endpoints e ON e.id = o.endpoint_id
        WHERE o.url = $1 AND a.outcome = 'delivered' AND a.started_at < e.slow_until`,
      [url],
    );
    expect(late!.early).toBe(0);
    await receiver.stop();
  });
});
