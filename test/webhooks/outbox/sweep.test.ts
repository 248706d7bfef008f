import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '../../../src/platform/ids.js';
import { claimDue } from '../../../src/webhooks/delivery/claim-due.js';
import { buryOrphans, startOfSweep, sweepOutbox } from '../../../src/webhooks/outbox/sweep.js';
import { dueRow, openParts, type Parts } from '../../support/parts.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.js';
import { sql } from '../../support/service.js';

let database: TestDatabase;
let parts: Parts;

beforeAll(async () => {
  database = await createTestDatabase();
  parts = await openParts(database);
});

afterEach(() => sql(database, 'TRUNCATE postback.webhook_outbox, postback.webhook_endpoints'));

afterAll(async () => {
  await parts?.close();
  await database?.drop();
});

const SETTINGS = { heldMaxAgeMs: 600_000, maxLostStreak: 5, probeMs: 1_000, spreadMs: 0 };
const sweep = (place = startOfSweep()) => sweepOutbox(parts.database, [], SETTINGS, place);
const LOST = `UPDATE postback.webhook_outbox SET status = 'delivering', attempts = 5, lost_streak = 4, lease_token = gen_random_uuid(), claimed_at = now() - interval '1 minute'`;
const HELD = "UPDATE postback.webhook_outbox SET status = 'held', held_at = now()";
const PAUSED = "UPDATE postback.webhook_endpoints SET state = 'paused'";
const OPEN = "UPDATE postback.webhook_endpoints SET breaker = 'open', breaker_probe_at = now()";
const DELETED = 'UPDATE postback.webhook_endpoints SET deleted_at = now()';

// each alone in the tables: a sweep looks first whether there is anything to do, and nothing else here would tell it
it.each([
  ['a row whose leases were all lost', [`${LOST}, next_attempt_at = now() - interval '1 second'`], { dead: 1 }],
  ['a row of a deleted endpoint', [DELETED], { dead: 1 }],
  ['a row of a paused endpoint', [PAUSED], { held: 1 }],
  ['a held row of an endpoint that is free again', [HELD], { released: 1 }],
  ['a held row of an endpoint whose breaker may be tried', [HELD, OPEN], { probes: 1 }],
])('finds %s', async (_, statements, moved) => {
  await dueRow(parts, database);
  for (const statement of statements) await sql(database, statement);
  expect(await sweep()).toEqual({ dead: 0, held: 0, probes: 0, released: 0, ...moved });
});

it.each([
  ['a row that is due', []],
  ['a row that is being sent after four lost leases', [`${LOST}, next_attempt_at = now() + interval '1 minute'`]],
])('leaves %s alone', async (_, statements) => {
  const id = await dueRow(parts, database);
  for (const statement of statements) await sql(database, statement);
  const row = () => sql(database, 'SELECT * FROM postback.webhook_outbox WHERE id = $1', [id]);
  const before = await row();
  expect(await sweep()).toEqual({ dead: 0, held: 0, probes: 0, released: 0 });
  expect(await row()).toEqual(before);
});

describe('a row whose endpoint somebody has removed by hand', () => {
  const REMOVED = 'DELETE FROM postback.webhook_endpoints';

  it.each([
    ['waits', []],
    ['is held', [HELD]],
    ['was left by a dispatcher that died', [`${LOST}, next_attempt_at = now() - interval '1 second'`]],
  ])('is dead when it %s', async (_, statements) => {
    const id = await dueRow(parts, database);
    for (const statement of [...statements, REMOVED]) await sql(database, statement);
    if (statements.includes(HELD)) await sweep(); // takes it off the shelf first
    expect(await buryOrphans(parts.database)).toBe(1);
    const [row] = await sql(database, 'SELECT status, dead_reason, next_attempt_at, held_at FROM postback.webhook_outbox WHERE id = $1', [
      id,
    ]);
    expect(row).toEqual({ status: 'dead', dead_reason: 'endpoint_deleted', next_attempt_at: null, held_at: null });
    expect(await buryOrphans(parts.database)).toBe(0);
  });

  it('is left to its dispatcher while it is being sent, and so are the rows of others', async () => {
    await dueRow(parts, database);
    await sql(database, `${LOST}, next_attempt_at = now() + interval '1 minute'`);
    await sql(database, REMOVED);
    await dueRow(parts, database);
    expect(await buryOrphans(parts.database)).toBe(0);
  });

  it('is not asked for by claims again and again', async () => {
    const id = await dueRow(parts, database);
    const [row] = await sql(database, `SELECT endpoint_id FROM postback.webhook_outbox WHERE id = $1`, [id]);
    await sql(database, REMOVED);
    const limits = { freeSlots: 9, freeSlowSlots: 9, perTurn: 9, endpointMaxInFlight: 9, originMaxInFlight: 9 };
    const lease = { token: newId(), ms: 30_000, claimedBy: newId() };
    const { deliveries, quotas } = await claimDue(parts.database, [row!.endpoint_id as string], limits, lease);
    expect(deliveries).toEqual([]);
    expect(quotas).toMatchObject([{ id: row!.endpoint_id, quota: 0, boundBy: 'blocked' }]);
  });
});

describe('one sweep', () => {
  /** Rows of one endpoint that it moves; endpoints and rows that one of its statements looks at; and how many of those it makes. */
  const [BATCH, ENDPOINTS, ROWS, STATEMENTS] = [500, 1_000, 2_000, 10];
  const NONE = { dead: 0, held: 0, probes: 0, released: 0 };

  /** So many endpoints like that of a row, each with so many rows like it. */
  async function copies(id: string, endpoints: number, rows: number): Promise<void> {
    await sql(
      database,
      `WITH endpoint AS (
         INSERT INTO postback.webhook_endpoints (id, tenant, kind, url, origin, state)
         SELECT n.id, e.tenant, e.kind, e.origin || '/' || n.id, e.origin, e.state
           FROM postback.webhook_outbox o JOIN postback.webhook_endpoints e ON e.id = o.endpoint_id, (SELECT gen_random_uuid() AS id FROM generate_series(1, $2)) n
          WHERE o.id = $1 RETURNING id
       )
       INSERT INTO postback.webhook_outbox (id, event_id, endpoint_id, tenant, task_id, url, secret_id, max_attempts, status, held_at)
       SELECT gen_random_uuid(), gen_random_uuid(), endpoint.id, o.tenant, o.task_id, o.url, o.secret_id, o.max_attempts, o.status, o.held_at
         FROM postback.webhook_outbox o, endpoint, generate_series(1, $3) WHERE o.id = $1`,
      [id, endpoints, rows],
    );
    await sql(database, 'ANALYZE postback.webhook_endpoints, postback.webhook_outbox'); // else each step of a walk is planned for ten rows
  }

  it.each([
    ['holds', 'held', PAUSED],
    ['releases', 'released', HELD],
  ])('%s so many rows of an endpoint, and the next one the others', async (_, kind, statement) => {
    const id = await dueRow(parts, database);
    await sql(database, statement);
    await copies(id, 1, BATCH + 1);
    const place = startOfSweep();
    expect(await sweep(place)).toEqual({ ...NONE, [kind]: BATCH + 1 }); // and the row that was copied
    expect(await sweep(place)).toEqual({ ...NONE, [kind]: 1 });
  });

  it('gives up so many rows of each kind, and the next one the others', async () => {
    const id = await dueRow(parts, database);
    await sql(database, PAUSED);
    await sql(database, "UPDATE postback.webhook_outbox SET status = 'held', held_at = now() - interval '1 hour'");
    await copies(id, 1, BATCH);
    expect(await sweep()).toEqual({ ...NONE, dead: BATCH });
    expect(await sweep()).toEqual({ ...NONE, dead: 1 });
  });

  it('goes on behind a statement that is full of rows', async () => {
    const id = await dueRow(parts, database);
    await sql(database, PAUSED);
    await copies(id, ROWS / BATCH + 1, BATCH);
    expect(await sweep()).toEqual({ ...NONE, held: ROWS + BATCH + 1 });
  });

  // rows are to be moved at the last endpoint alone; the walk has to pass all the others
  it.each([
    ['holds', 'held', 'held', PAUSED, 0],
    ['releases', 'released', 'released', `${HELD}; ${PAUSED}`, 1],
  ] as const)(
    'that %s ends after so many endpoints, the next one goes on there, and the one after begins anew',
    async (_, kind, along, before, rows) => {
      const id = await dueRow(parts, database);
      await sql(database, before);
      await copies(id, STATEMENTS * ENDPOINTS, rows);
      const last = 'ffffffff-ffff-4fff-bfff-ffffffffffff';
      await sql(
        database,
        `DELETE FROM postback.webhook_outbox WHERE id = '${id}' AND status = 'pending';
       INSERT INTO postback.webhook_endpoints (id, tenant, kind, url, origin, state)
       SELECT '${last}', tenant, kind, origin || '/last', origin, '${kind === 'held' ? 'paused' : 'active'}' FROM postback.webhook_endpoints LIMIT 1;
       INSERT INTO postback.webhook_outbox (id, event_id, endpoint_id, tenant, task_id, url, secret_id, max_attempts, status, held_at)
       SELECT gen_random_uuid(), gen_random_uuid(), '${last}', 'default', gen_random_uuid(), 'http://127.0.0.1:9/last', gen_random_uuid(), 11,
              ${kind === 'held' ? "'pending', NULL" : "'held', now()"}`,
      );
      const place = startOfSweep();
      expect(await sweep(place)).toEqual(NONE);
      expect(place[along]).not.toBe(startOfSweep()[along]);
      expect(await sweep(place)).toEqual({ ...NONE, [kind]: 1 });
      expect(place).toEqual(startOfSweep());
    },
    120_000,
  );
});
