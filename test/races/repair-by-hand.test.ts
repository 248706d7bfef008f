import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { claimFromAll } from '../support/claim.js';
import { eventually } from '../support/eventually.js';
import { dueRow, openParts, type Parts } from '../support/parts.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { Receiver } from '../support/receiver.js';
import { call, sql, startService } from '../support/service.js';

const REPAIR = "UPDATE postback.webhook_outbox SET status = 'pending', next_attempt_at = now() WHERE id = $1";

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

describe('a plain UPDATE by hand', () => {
  it('has a dead and a delivered row sent again under a full new schedule', async () => {
    const service = await startService(database, { POSTBACK_RETRY_MAX_RETRIES: '1' });
    const receiver = await Receiver.start(500, 500, 200);
    const { body } = await call('POST', `${service.url}/agent/echo`, {
      body: { payload: 1, webhook_url: receiver.url(), webhook_secret: 'a secret for tests' },
    });
    const dead = await rowOf(body.task_id, 'dead');
    expect(dead).toMatchObject({ attempts: 2, attempts_charged: 2, dead_reason: 'exhausted' });

    await sql(database, REPAIR, [dead.id]);
    const delivered = await rowOf(body.task_id, 'delivered');
    expect(delivered).toMatchObject({ attempts: 3, attempts_charged: 0, dead_reason: null, dead_at: null, lease_token: null });

    await sql(database, REPAIR, [dead.id]);
    await receiver.requests(4);
    const again = await eventually(async () => {
      const row = await rowOf(body.task_id, 'delivered');
      return row.attempts === 4 && row;
    }, 'the second repair to be delivered');
    expect(again.delivered_at).toEqual(delivered.delivered_at); // the first time is kept
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(receiver.received.map((request) => request.body.toString())).size).toBe(1);
    const attempts = await sql(database, 'SELECT trigger FROM postback.webhook_attempts WHERE outbox_id = $1 ORDER BY attempt', [dead.id]);
    expect(attempts.map(({ trigger }) => trigger)).toEqual(['schedule', 'schedule', 'manual', 'manual']);
    await receiver.stop();
    await service.stop();
  });

  it('needs no time: a row at rest becomes due now', async () => {
    const id = await deadRow();
    await sql(database, "UPDATE postback.webhook_outbox SET status = 'pending' WHERE id = $1", [id]);
    const [row] = await sql(
      database,
      'SELECT next_attempt_at <= now() AS due, attempts_charged, uncharged_streak, lost_streak FROM postback.webhook_outbox WHERE id = $1',
      [id],
    );
    expect(row).toEqual({ due: true, attempts_charged: 0, uncharged_streak: 0, lost_streak: 0 });
  });

  it('may postpone a row that waits without touching its schedule', async () => {
    const id = await dueRow(parts, database);
    await sql(
      database,
      "UPDATE postback.webhook_outbox SET attempts = 3, attempts_charged = 3, next_attempt_at = now() + interval '1 hour' WHERE id = $1",
      [id],
    );
    await sql(database, REPAIR, [id]);
    const [row] = await sql(database, 'SELECT status, attempts_charged, next_trigger FROM postback.webhook_outbox WHERE id = $1', [id]);
    expect(row).toEqual({ status: 'pending', attempts_charged: 3, next_trigger: 'schedule' });
  });

  it('is refused for a row in flight, with a hint, and for everything else in the same statement', async () => {
    await sql(database, "UPDATE postback.webhook_outbox SET next_attempt_at = now() + interval '1 hour' WHERE status = 'pending'");
    const flying = await dueRow(parts, database);
    await claimFromAll(parts.database, 10);
    const resting = await deadRow();
    const before = await sql(database, 'SELECT * FROM postback.webhook_outbox ORDER BY id');
    const all = REPAIR.replace('id = $1', 'id = ANY ($1)');
    await expect(sql(database, all, [[resting, flying]])).rejects.toMatchObject({
      message: `webhook_outbox row ${flying} is being sent`,
      hint: expect.stringMatching(/Wait until its lease ends \(.+\) or add WHERE status <> 'delivering'\./),
    });
    expect(await sql(database, 'SELECT * FROM postback.webhook_outbox ORDER BY id')).toEqual(before);
    await sql(database, `${all} AND status <> 'delivering'`, [[resting, flying]]); // as the hint says
    expect(await statusOf(resting)).toBe('pending');
    expect(await statusOf(flying)).toBe('delivering');
  });
});

describe('the body of an event', () => {
  it('cannot be changed by anybody', async () => {
    const id = await dueRow(parts, database);
    const event = '(SELECT event_id FROM postback.webhook_outbox WHERE id = $1)';
    for (const change of ["body = body || ' '", "body = '{}'", "body = '', purged_at = now()"]) {
      await expect(sql(database, `UPDATE postback.webhook_events SET ${change} WHERE id = ${event}`, [id])).rejects.toThrow(
        /immutable once written/,
      );
    }
    await expect(sql(database, `UPDATE postback.webhook_events SET body = NULL WHERE id = ${event}`, [id])).rejects.toThrow(
      /body_until_purged/,
    );
  });

  it('can be purged, and does not come back', async () => {
    const id = await dueRow(parts, database);
    const event = '(SELECT event_id FROM postback.webhook_outbox WHERE id = $1)';
    await sql(database, `UPDATE postback.webhook_events SET body = NULL, thin_body = NULL, purged_at = now() WHERE id = ${event}`, [id]);
    const forged = sql(database, `UPDATE postback.webhook_events SET body = '{}', purged_at = NULL WHERE id = ${event}`, [id]);
    await expect(forged).rejects.toThrow(/immutable once written/);
  });
});

async function deadRow(): Promise<string> {
  const id = await dueRow(parts, database);
  await sql(
    database,
    `UPDATE postback.webhook_outbox SET status = 'dead', dead_reason = 'exhausted', dead_at = now(), next_attempt_at = NULL,
            attempts = 9, attempts_charged = 9, uncharged_streak = 2, lost_streak = 1 WHERE id = $1`,
    [id],
  );
  return id;
}

async function statusOf(id: string): Promise<unknown> {
  return (await sql(database, 'SELECT status FROM postback.webhook_outbox WHERE id = $1', [id]))[0]!.status;
}

// biome-ignore lint/suspicious/noExplicitAny: a row as it is
function rowOf(taskId: string, status: string): Promise<any> {
  return eventually(async () => {
    const [row] = await sql(database, 'SELECT * FROM postback.webhook_outbox WHERE task_id = $1', [taskId]);
    return row?.status === status && row;
  }, `the row to be ${status}`);
}
