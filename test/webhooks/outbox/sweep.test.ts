import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { sweepOutbox } from '../../../src/webhooks/outbox/sweep.js';
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

const sweep = () => sweepOutbox(parts.database, [], { heldMaxAgeMs: 60_000, maxLostStreak: 5, probeMs: 1_000, spreadMs: 0 });
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
