import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '../../src/platform/ids.js';
import { collectAdHocEndpoints } from '../../src/webhooks/endpoints/collect-endpoints.js';
import { eraseDeliveries } from '../../src/webhooks/outbox/erase-deliveries.js';
import { purgeEvents } from '../../src/webhooks/outbox/purge-events.js';
import { purgeOutbox, startOfPurge } from '../../src/webhooks/outbox/purge-outbox.js';
import { HeldLock } from '../support/held-lock.js';
import { dueRow, openParts, type Parts, queuedTask } from '../support/parts.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { sql } from '../support/service.js';

let database: TestDatabase;
let parts: Parts;

beforeAll(async () => {
  database = await createTestDatabase();
  parts = await openParts(database);
});

afterAll(async () => {
  await parts?.close();
  await database?.drop();
});

const DAYS = { deliveredDays: 14, deadDays: 90 };

/** A row at rest whose times lie `days` back, with one attempt. */
async function rowAtRest(status: 'delivered' | 'dead' | 'pending' | 'held', days: number): Promise<string> {
  const id = await dueRow(parts, database);
  const past = `now() - interval '${days} days'`;
  const more = {
    delivered: `delivered_at = ${past}`,
    dead: `dead_at = ${past}, dead_reason = 'exhausted'`,
    pending: 'held_at = NULL',
    held: `held_at = ${past}`,
  }[status];
  await sql(database, `UPDATE postback.webhook_outbox SET status = '${status}', created_at = ${past}, ${more} WHERE id = $1`, [id]);
  await sql(
    database,
    "INSERT INTO postback.webhook_attempts (outbox_id, attempt, trigger, started_at, outcome, charged) VALUES ($1, 1, 'schedule', now(), 'rejected', true)",
    [id],
  );
  return id;
}

const left = async (ids: string[]) =>
  (await sql<{ id: string }>(database, 'SELECT id FROM postback.webhook_outbox WHERE id = ANY ($1)', [ids])).map(({ id }) => id);

describe('retention of webhooks', () => {
  it('removes rows at rest after their time, with attempts and body, and nothing that waits however old', async () => {
    const gone = [await rowAtRest('delivered', 15), await rowAtRest('dead', 91)];
    const kept = [
      await rowAtRest('delivered', 13),
      await rowAtRest('dead', 89),
      await rowAtRest('pending', 400),
      await rowAtRest('held', 400),
    ];
    const bodies = () => sql<{ n: number }>(database, 'SELECT count(*)::int AS n FROM postback.webhook_events');
    const before = (await bodies())[0]!.n;
    expect(await purgeOutbox(parts.database, DAYS)).toBe('done');
    expect((await left([...gone, ...kept])).sort()).toEqual([...kept].sort());
    expect((await bodies())[0]!.n).toBe(before - gone.length);
    expect(await sql(database, 'SELECT FROM postback.webhook_attempts WHERE outbox_id = ANY ($1)', [gone])).toEqual([]);
  });

  /** A row of the same event for another endpoint, pending. */
  async function rowBeside(id: string): Promise<string> {
    const other = newId();
    await sql(
      database,
      `INSERT INTO postback.webhook_outbox (id, event_id, endpoint_id, tenant, task_id, url, secret_id, max_attempts, created_at)
       SELECT $2, event_id, $3, tenant, task_id, url, secret_id, max_attempts, created_at FROM postback.webhook_outbox WHERE id = $1`,
      [id, other, newId()],
    );
    return other;
  }

  const eventOf = async (id: string) =>
    (await sql<{ event_id: string }>(database, 'SELECT event_id FROM postback.webhook_outbox WHERE id = $1', [id]))[0]!.event_id;
  const eventExists = async (id: string) => (await sql(database, 'SELECT FROM postback.webhook_events WHERE id = $1', [id])).length > 0;

  it('keeps a body as long as one of its rows is there', async () => {
    const id = await rowAtRest('delivered', 15);
    const other = await rowBeside(id);
    await purgeOutbox(parts.database, DAYS);
    await purgeEvents(parts.database);
    expect(await left([id, other])).toEqual([other]);
    expect(
      await sql(
        database,
        'SELECT FROM postback.webhook_events e JOIN postback.webhook_outbox o ON o.event_id = e.id WHERE o.id = $1 AND e.body IS NOT NULL',
        [other],
      ),
    ).toHaveLength(1);
  });

  it('removes a body whose last two rows two processes remove at once', async () => {
    const id = await rowAtRest('delivered', 15);
    const other = await rowBeside(id);
    const event = await eventOf(id);
    const another = await HeldLock.take(database, 'DELETE FROM postback.webhook_outbox WHERE id = $1', [other]);
    await purgeOutbox(parts.database, DAYS); // still sees the other's row
    await another.release();
    expect([await left([id, other]), await eventExists(event)]).toEqual([[], true]);
    expect(await purgeEvents(parts.database)).toBeGreaterThan(0);
    expect(await eventExists(event)).toBe(false);
  });

  it('removes what is left of a webhook that was erased with its task before it was sent', async () => {
    const id = await rowAtRest('pending', 0);
    const event = await eventOf(id);
    const [task] = await sql<{ task_id: string }>(database, 'SELECT task_id FROM postback.webhook_outbox WHERE id = $1', [id]);
    await parts.database.transaction((tx) => eraseDeliveries(tx, task!.task_id));
    await purgeEvents(parts.database);
    expect(await eventExists(event)).toBe(false);
  });

  it('goes on where it stopped, and finds what comes to rest behind that when it starts anew', async () => {
    const place = startOfPurge();
    expect(await purgeOutbox(parts.database, DAYS, place)).toBe('done');
    const [delivered, dead] = [await rowAtRest('delivered', 20), await rowAtRest('dead', 91)];
    expect(await purgeOutbox(parts.database, DAYS, place)).toBe('done');
    expect(await left([delivered, dead])).toEqual([delivered]);
    await purgeOutbox(parts.database, DAYS, startOfPurge());
    expect(await left([delivered])).toEqual([]);
  });

  it('passes over a row that is being redelivered at that moment', async () => {
    const id = await rowAtRest('delivered', 15);
    const redelivery = await HeldLock.take(
      database,
      "UPDATE postback.webhook_outbox SET status = 'pending', next_attempt_at = now() WHERE id = $1",
      [id],
    );
    await purgeOutbox(parts.database, DAYS);
    await redelivery.release();
    expect(await left([id])).toEqual([id]);
  });
});

describe('collection of ad-hoc endpoints', () => {
  const idle = (url: string) =>
    sql(
      database,
      "UPDATE postback.webhook_endpoints SET created_at = now() - interval '100 days', last_success_at = NULL, last_failure_at = NULL WHERE url = $1",
      [url],
    );
  const exists = async (url: string) => (await sql(database, 'SELECT FROM postback.webhook_endpoints WHERE url = $1', [url])).length > 0;
  const fresh = () => `http://127.0.0.1:9/${randomUUID()}`;

  it('takes the idle ones that nothing names, and no others', async () => {
    const [unused, young, waiting, named] = [fresh(), fresh(), fresh(), fresh()];
    for (const url of [unused, young]) {
      const id = await dueRow(parts, database, url);
      await sql(database, 'DELETE FROM postback.webhook_outbox WHERE id = $1', [id]);
    }
    await dueRow(parts, database, waiting);
    await queuedTask(parts, { url: named });
    for (const url of [unused, waiting, named]) await idle(url);
    expect(await collectAdHocEndpoints(parts.database, 90)).toBe(1);
    expect(await Promise.all([unused, young, waiting, named].map(exists))).toEqual([false, true, true, true]);
  });

  it('leaves a submit that wants the endpoint at that moment with a live one', async () => {
    const url = fresh();
    const first = await dueRow(parts, database, url);
    await sql(database, 'DELETE FROM postback.webhook_outbox WHERE id = $1', [first]);
    await idle(url);
    const collection = await HeldLock.take(database, 'DELETE FROM postback.webhook_endpoints WHERE url = $1', [url]);
    const submit = queuedTask(parts, { url });
    await collection.blocked(1);
    await collection.release();
    const [row] = await sql(
      database,
      'SELECT e.url FROM postback.tasks t JOIN postback.webhook_endpoints e ON e.id = ANY (t.webhook_endpoint_ids) WHERE t.id = $1',
      [await submit],
    );
    expect(row).toEqual({ url });
  });
});
