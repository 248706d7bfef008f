import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '../../../src/platform/ids.js';
import { type BatchOrder, cancelBatch, createBatch } from '../../../src/webhooks/outbox/redelivery-batches.js';
import { runBatchStep } from '../../../src/webhooks/outbox/run-batch-step.js';
import { HeldLock } from '../../support/held-lock.js';
import { dueRow, openParts, type Parts } from '../../support/parts.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.js';
import { sql } from '../../support/service.js';

/** Rows that one step looks at. */
const STRETCH = 2_000;

let database: TestDatabase;
let parts: Parts;

beforeAll(async () => {
  database = await createTestDatabase();
  parts = await openParts(database);
});

afterEach(() =>
  sql(database, 'TRUNCATE postback.webhook_outbox, postback.webhook_events, postback.webhook_endpoints, postback.redelivery_batches'),
);

afterAll(async () => {
  await parts?.close();
  await database?.drop();
});

const DEAD = "status = 'dead', dead_reason = 'exhausted', dead_at = now(), next_attempt_at = NULL, attempts = 9, attempts_charged = 9";
const STATES = {
  dead: DEAD,
  delivered: "status = 'delivered', delivered_at = now(), next_attempt_at = NULL",
  held: "status = 'held', held_at = now()",
  pending: "next_attempt_at = now() + interval '1 hour'",
};

async function row(state: keyof typeof STATES, url?: string): Promise<string> {
  const id = await dueRow(parts, database, url);
  await sql(database, `UPDATE postback.webhook_outbox SET ${STATES[state]} WHERE id = $1`, [id]);
  return id;
}

const order = (more: Partial<BatchOrder> = {}) =>
  parts.database.transaction((tx) => createBatch(tx, 'test', { filter: {}, includeDelivered: false, ratePerSecond: null, ...more }));

const rowOf = async (id: string) => (await sql(database, 'SELECT * FROM postback.webhook_outbox WHERE id = $1', [id]))[0]!;
const statusOf = async (id: string) => (await rowOf(id)).status;

/** Copies of a row, each of an event of its own, made `seconds` after it. */
const copies = (id: string, count: number, seconds: number, tenant: string) =>
  sql(
    database,
    `WITH event AS (
       INSERT INTO postback.webhook_events (id, tenant, task_id, type, body)
       SELECT gen_random_uuid(), $4, gen_random_uuid(), 'task.canceled', '{}' FROM generate_series(1, $2) RETURNING id
     )
     INSERT INTO postback.webhook_outbox (id, event_id, endpoint_id, tenant, task_id, url, secret_id, max_attempts, status, dead_reason, dead_at, next_attempt_at, created_at)
     SELECT gen_random_uuid(), event.id, o.endpoint_id, $4, o.task_id, o.url, o.secret_id, 11, o.status, o.dead_reason, o.dead_at, NULL, o.created_at + $3 * interval '1 s'
       FROM postback.webhook_outbox o, event WHERE o.id = $1`,
    [id, count, seconds, tenant],
  );

describe('a step of a bulk redelivery', () => {
  it.each([
    [false, ['dead']],
    [true, ['dead', 'delivered']],
  ])('with include_delivered %p takes %j and leaves what is under way', async (includeDelivered, taken) => {
    const rows = { dead: await row('dead'), delivered: await row('delivered'), held: await row('held'), pending: await row('pending') };
    const before = await Promise.all(Object.values(rows).map(rowOf));
    const { id } = await order({ includeDelivered });
    expect(await runBatchStep(parts.database)).toMatchObject({ redelivered: taken.length, skipped: 0, completed: true });
    for (const [state, rowId] of Object.entries(rows)) {
      const [was, is] = [before.find((each) => each.id === rowId)!, await rowOf(rowId)];
      if (!taken.includes(state)) expect(is).toEqual(was);
      else
        expect(is).toEqual({
          ...was,
          status: 'pending',
          next_trigger: 'bulk',
          redelivery_batch_id: id,
          attempts_charged: 0,
          dead_reason: null,
          dead_at: null,
          next_attempt_at: expect.any(Date),
        });
    }
  });

  it('moves what its rate allows, and the next one is due when that is used up', async () => {
    for (let n = 0; n < 3; n += 1) await row('dead');
    await order({ ratePerSecond: 2 });
    expect(await runBatchStep(parts.database)).toMatchObject({ redelivered: 2, completed: false });
    const due = await sql(
      database, // the rows that were moved say when the step was
      `SELECT DISTINCT b.next_step_at - o.next_attempt_at = interval '1 s' AS after_a_second
         FROM postback.redelivery_batches b, postback.webhook_outbox o WHERE o.status = 'pending'`,
    );
    expect(due).toEqual([{ after_a_second: true }]);
    await sql(database, "UPDATE postback.redelivery_batches SET next_step_at = 'infinity'");
    expect(await runBatchStep(parts.database)).toBeNull();
    await sql(database, 'UPDATE postback.redelivery_batches SET next_step_at = now()');
    expect(await runBatchStep(parts.database)).toMatchObject({ redelivered: 1, completed: true });
  });

  it('skips and counts what has no body or no endpoint any more, or is in use', async () => {
    const [purged, orphaned, used, free] = [await row('dead'), await row('dead'), await row('dead'), await row('dead')];
    await sql(
      database,
      `UPDATE postback.webhook_events SET body = NULL, thin_body = NULL, purged_at = now()
        WHERE id = (SELECT event_id FROM postback.webhook_outbox WHERE id = $1)`,
      [purged],
    );
    await sql(
      database,
      'UPDATE postback.webhook_endpoints SET deleted_at = now() WHERE id = (SELECT endpoint_id FROM postback.webhook_outbox WHERE id = $1)',
      [orphaned],
    );
    await order();
    const user = await HeldLock.take(database, 'SELECT FROM postback.webhook_outbox WHERE id = $1 FOR UPDATE', [used]);
    expect(await runBatchStep(parts.database)).toMatchObject({ scanned: 4, redelivered: 1, skipped: 3, completed: true });
    await user.undo();
    expect(await Promise.all([purged, orphaned, used, free].map(statusOf))).toEqual(['dead', 'dead', 'dead', 'pending']);
  });

  it('has rows wait whose endpoint is blocked', async () => {
    const id = await row('dead');
    await sql(database, "UPDATE postback.webhook_endpoints SET state = 'paused'");
    await order();
    expect(await runBatchStep(parts.database)).toMatchObject({ redelivered: 1, held: 1 });
    expect(await rowOf(id)).toMatchObject({ status: 'held', attempts_charged: 0, dead_reason: null });
  });

  it('looks at so many rows and no more, and the next one goes on behind them', async () => {
    const wanted = await row('dead');
    await sql(database, "UPDATE postback.webhook_outbox SET created_at = now() - interval '1 day', tenant = 'acme'");
    await copies(wanted, STRETCH, 60, 'another'); // all of one instant
    await order({ filter: { tenant: 'acme' } });
    expect(await runBatchStep(parts.database)).toMatchObject({ scanned: STRETCH, redelivered: 0, completed: false });
    expect(await runBatchStep(parts.database)).toMatchObject({ scanned: 1, redelivered: 1, completed: true });
  });

  it('takes no row that was made after the redelivery was asked for', async () => {
    await order();
    const later = await row('dead');
    expect(await runBatchStep(parts.database)).toMatchObject({ scanned: 0, completed: true });
    expect(await statusOf(later)).toBe('dead');
  });

  it('that fails lets the other batches go on, and is tried again later and later', async () => {
    await row('dead');
    const broken = await order();
    // no uuid: whatever is wrong with a batch, its statement ends in an error
    await sql(
      database,
      `UPDATE postback.redelivery_batches SET filter = '{"task_id": "nonsense"}', next_step_at = '2020-01-01' WHERE id = $1`,
      [broken.id],
    );
    const good = await order();
    await expect(runBatchStep(parts.database)).rejects.toThrow('nonsense');
    expect(await runBatchStep(parts.database)).toMatchObject({ batchId: good.id, redelivered: 1, completed: true });
    expect(await runBatchStep(parts.database)).toBeNull();
    for (const seconds of [10, 20]) {
      const [{ at }] = (await sql(
        database,
        'UPDATE postback.redelivery_batches SET next_step_at = now() WHERE id = $1 RETURNING now()::text AS at',
        [broken.id],
      )) as [{ at: string }];
      await expect(runBatchStep(parts.database)).rejects.toThrow('nonsense');
      const waits = `SELECT next_step_at >= $2::timestamptz + $3 * interval '1 s' AS longer FROM postback.redelivery_batches WHERE id = $1`;
      expect(await sql(database, waits, [broken.id, at, seconds])).toEqual([{ longer: true }]);
    }
  });

  it('is taken by one process at a time, and by none once it is canceled', async () => {
    const id = await row('dead');
    const batch = await order();
    const step = await HeldLock.take(database, 'SELECT FROM postback.redelivery_batches WHERE id = $1 FOR UPDATE', [batch.id]);
    expect(await runBatchStep(parts.database)).toBeNull();
    const cancel = parts.database.transaction((tx) => cancelBatch(tx, batch.id));
    await step.blocked(1); // what is under way comes first
    await step.release();
    expect(await cancel).toBe('canceled');
    expect(await runBatchStep(parts.database)).toBeNull();
    expect(await statusOf(id)).toBe('dead');
    expect(await parts.database.transaction((tx) => cancelBatch(tx, batch.id))).toBe('over');
    expect(await parts.database.transaction((tx) => cancelBatch(tx, newId()))).toBe('unknown');
  });
});
