import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '../../src/platform/ids.js';
import type { Delivery } from '../../src/webhooks/delivery/claim-due.js';
import { type Finish, finishAttempts } from '../../src/webhooks/delivery/finish-attempts.js';
import { judge } from '../../src/webhooks/delivery/outcome.js';
import { silentSink } from '../support/alert-sinks.js';
import { claimFromAll } from '../support/claim.js';
import { HeldLock } from '../support/held-lock.js';
import { dueRow, openParts, type Parts } from '../support/parts.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { sql } from '../support/service.js';

const SINKS = [silentSink('slack')];

let database: TestDatabase;
let a: Parts;
let b: Parts;

beforeAll(async () => {
  database = await createTestDatabase();
  [a, b] = [await openParts(database), await openParts(database)];
});

afterAll(async () => {
  await a?.close();
  await b?.close();
  await database?.drop();
});

describe('a dispatcher whose lease ran out', () => {
  it.each([
    ['a success', delivered],
    ['a retry', rejected],
    ['a death', dead],
  ])('writes nothing of %s, and the owner of the new lease writes everything', async (_, end) => {
    const { id, stale, owner } = await takenOver();
    const before = await everythingOf(id);
    expect(before).toMatchObject({
      row: { status: 'delivering', attempts: 2, attempts_charged: 0 },
      attempts: [{ attempt: 1, outcome: 'unknown' }],
    });
    expect(await finish(a, [end(stale)])).toEqual([]);
    expect(await everythingOf(id)).toEqual(before);

    expect(await finish(b, [delivered(owner)])).toMatchObject([{ id, status: 'delivered', attempts: 2 }]);
    const after = await everythingOf(id);
    expect(after).toMatchObject({
      row: { status: 'delivered', attempts: 2, lease_token: null, lost_streak: 0 },
      attempts: [
        { attempt: 1, outcome: 'unknown', charged: false },
        { attempt: 2, outcome: 'delivered' },
      ],
      endpoint: { consecutive_failures: 0, last_status_code: 200 },
      alerts: 0,
    });
    expect(await finish(a, [end(stale)])).toEqual([]);
    expect(await everythingOf(id)).toEqual(after);
  });

  it('writes nothing when both finish at once', async () => {
    const { id, stale, owner } = await takenOver();
    const lock = await lockEndpointOf(id); // the first lock of every finish
    const finishes = [finish(a, [dead(stale)]), finish(b, [delivered(owner)])];
    await lock.blocked(2);
    await lock.release();
    expect((await Promise.all(finishes)).map((rows) => rows.length)).toEqual([0, 1]);
    expect(await everythingOf(id)).toMatchObject({
      row: { status: 'delivered' },
      attempts: [{ outcome: 'unknown' }, { outcome: 'delivered' }],
      endpoint: { consecutive_failures: 0 },
      alerts: 0,
    });
  });

  it('loses also when the row is claimed while its finish waits for it', async () => {
    const id = await dueRow(a, database);
    const stale = await claim(a, id);
    const lock = await HeldLock.take(
      database,
      'UPDATE postback.webhook_outbox SET lease_token = $2, attempts = attempts + 1 WHERE id = $1',
      [id, newId()],
    );
    const finished = finish(a, [dead(stale)]);
    await lock.blocked(1);
    await lock.release();
    expect(await finished).toEqual([]);
    expect(await everythingOf(id)).toMatchObject({
      row: { status: 'delivering', attempts: 2 },
      attempts: [],
      endpoint: { consecutive_failures: 0 },
      alerts: 0,
    });
  });

  it('spoils nothing for the rows it still owns in the same batch', async () => {
    const { id, stale } = await takenOver();
    const other = await dueRow(a, database);
    const kept = await claim(a, other);
    const finished = await finish(a, [dead(stale), dead(kept)]);
    expect(finished.map((row) => row.id)).toEqual([other]);
    expect(await everythingOf(id)).toMatchObject({ row: { status: 'delivering' }, alerts: 0 });
    expect(await everythingOf(other)).toMatchObject({
      row: { status: 'dead', dead_reason: 'gone' },
      attempts: [{ outcome: 'gone' }],
      alerts: 1,
    });
  });
});

describe('one attempt that is finished twice at once', () => {
  it('is written once, as after an unknown COMMIT that is repeated', async () => {
    const id = await dueRow(a, database);
    const delivery = await claim(a, id);
    const lock = await HeldLock.take(database, 'SELECT FROM postback.webhook_outbox WHERE id = $1 FOR UPDATE', [id]);
    const finishes = [a, b].map((parts) => finish(parts, [dead(delivery)]));
    await lock.blocked(2); // one at the row, one behind it at the endpoint
    await lock.release();
    expect((await Promise.all(finishes)).map((rows) => rows.length).sort()).toEqual([0, 1]);
    expect(await everythingOf(id)).toMatchObject({
      row: { attempts_charged: 1 },
      attempts: [{ outcome: 'gone' }],
      endpoint: { consecutive_failures: 1 },
      alerts: 1,
    });
  });
});

describe('two dispatchers that claim at once', () => {
  it('get disjoint rows, and every row goes to one of them', async () => {
    const ids = await Promise.all(Array.from({ length: 40 }, () => dueRow(a, database)));
    // what one of them has locked, the other must pass over without waiting
    const lock = await HeldLock.take(database, 'SELECT FROM postback.webhook_outbox WHERE id = ANY ($1) FOR UPDATE', [ids.slice(0, 10)]);
    const first = await Promise.all([claimAll(a, 15), claimAll(b, 15)]);
    await lock.release();
    const second = await Promise.all([claimAll(a, 40), claimAll(b, 40)]);
    const claimed = [...first, ...second].flat().map((delivery) => delivery.id);
    expect(
      first
        .flat()
        .map(({ id }) => id)
        .filter((id) => ids.slice(0, 10).includes(id)),
    ).toEqual([]);
    expect(claimed).toHaveLength(ids.length);
    expect(new Set(claimed)).toEqual(new Set(ids));
    const rows = await sql(database, 'SELECT DISTINCT attempts FROM postback.webhook_outbox WHERE id = ANY ($1)', [ids]);
    expect(rows).toEqual([{ attempts: 1 }]);
  });

  it('write one unknown attempt for a lease that both find expired', async () => {
    const id = await dueRow(a, database);
    await claim(a, id);
    await expireLease(id);
    const claims = await Promise.all([claimAll(a, 5), claimAll(b, 5)]);
    expect(claims.flat().map((delivery) => delivery.id)).toEqual([id]);
    expect(await everythingOf(id)).toMatchObject({ row: { attempts: 2 }, attempts: [{ attempt: 1, outcome: 'unknown' }] });
  });
});

describe('every attempt number', () => {
  it('has a row, whatever became of the dispatchers', async () => {
    const id = await dueRow(a, database);
    for (const _ of [1, 2, 3]) {
      await claim(a, id);
      await expireLease(id);
    }
    await finish(b, [rejected(await claim(b, id))]);
    await sql(database, 'UPDATE postback.webhook_outbox SET next_attempt_at = now() WHERE id = $1', [id]);
    await finish(b, [delivered(await claim(b, id))]);
    const { row, attempts } = await everythingOf(id);
    expect(attempts.map(({ attempt, outcome, charged }) => [attempt, outcome, charged])).toEqual([
      [1, 'unknown', false],
      [2, 'unknown', false],
      [3, 'unknown', false],
      [4, 'rejected', true],
      [5, 'delivered', false],
    ]);
    expect(row).toMatchObject({ attempts: 5, attempts_charged: 1, lost_streak: 0 });
  });
});

/** A row whose lease dispatcher A let run out, and that dispatcher B holds now. */
async function takenOver(): Promise<{ id: string; stale: Delivery; owner: Delivery }> {
  const id = await dueRow(a, database);
  const stale = await claim(a, id);
  await expireLease(id);
  return { id, stale, owner: await claim(b, id) };
}

const expireLease = (id: string) => sql(database, 'UPDATE postback.webhook_outbox SET next_attempt_at = now() WHERE id = $1', [id]);

const claimAll = (parts: Parts, limit: number) => claimFromAll(parts.database, limit);

const NEVER_OPENS = { minFailures: 1_000, minMs: 0, probeMs: 1_000, probeCapMs: 1_000 };

const finish = async (parts: Parts, finishes: Finish[]) =>
  (await finishAttempts(parts.database, { sinks: SINKS, breaker: NEVER_OPENS }, finishes, 0)).rows;

/** The only row that is due. */
async function claim(parts: Parts, id: string): Promise<Delivery> {
  const deliveries = await claimAll(parts, 10);
  expect(deliveries.map((delivery) => delivery.id)).toEqual([id]);
  return deliveries[0]!;
}

function delivered(delivery: Delivery): Finish {
  return { delivery, attempt: attempt(200), next: { status: 'delivered', attemptsCharged: delivery.attemptsCharged, insteadOf: null } };
}

function rejected(delivery: Delivery): Finish {
  return {
    delivery,
    attempt: attempt(500),
    next: { status: 'pending', attemptsCharged: delivery.attemptsCharged + 1, delayMs: 3_600_000 },
  };
}

function dead(delivery: Delivery): Finish {
  return { delivery, attempt: attempt(410), next: { status: 'dead', attemptsCharged: delivery.attemptsCharged + 1, reason: 'gone' } };
}

const attempt = (status: number): Finish['attempt'] => ({
  verdict: judge({ kind: 'response', status, headers: {}, excerpt: '', truncated: false, firstByteMs: 1, durationMs: 1, reused: false }),
  durationMs: 1,
  excerpt: null,
});

const lockEndpointOf = (id: string) =>
  HeldLock.take(
    database,
    'SELECT FROM postback.webhook_endpoints WHERE id = (SELECT endpoint_id FROM postback.webhook_outbox WHERE id = $1) FOR UPDATE',
    [id],
  );

interface Everything {
  row: Record<string, unknown>;
  attempts: { attempt: number; outcome: string; charged: boolean }[];
  endpoint: Record<string, unknown>;
  alerts: number;
}

/** All that a finish may touch. */
async function everythingOf(id: string): Promise<Everything> {
  const [found] = await sql<Everything>(
    database,
    `SELECT to_json(o) AS row, to_json(e) AS endpoint,
            (SELECT coalesce(json_agg(a ORDER BY a.attempt), '[]') FROM postback.webhook_attempts a WHERE a.outbox_id = o.id) AS attempts,
            (SELECT count(*)::int FROM postback.alerts l WHERE l.endpoint_id = o.endpoint_id) AS alerts
       FROM postback.webhook_outbox o JOIN postback.webhook_endpoints e ON e.id = o.endpoint_id WHERE o.id = $1`,
    [id],
  );
  return found!;
}
