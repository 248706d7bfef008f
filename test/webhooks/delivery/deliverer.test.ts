import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Delivery } from '../../../src/webhooks/delivery/claim-due.js';
import type { Deliverer } from '../../../src/webhooks/delivery/deliverer.js';
import { claimFromAll } from '../../support/claim.js';
import { openDispatching } from '../../support/dispatching.js';
import { dueRow, openParts, type Parts } from '../../support/parts.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.js';
import { sql } from '../../support/service.js';

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

describe('an endpoint’s own time-out', () => {
  it.each([
    ['that a lease made shorter since cannot hold ends before the lease does', 60_000, 25_000],
    ['holds when the lease is longer', 20_000, 20_000],
  ])('%s', async (_, timeoutMs, deadlineMs) => {
    const { deliverer, requests } = openDispatching(parts, database, { POSTBACK_LEASE_MS: '30000' });
    await deliver(deliverer, { ...(await claimedRow()), timeoutMs });
    expect(requests).toMatchObject([{ deadlineMs }]);
  });
});

describe('a row whose secrets cannot be read just after its claim', () => {
  it.each([
    [0, 5_000],
    [3, 40_000],
    [1_000, 300_000],
  ])('was not sent, is charged for nothing, and after %i such attempts in a row waits for %i ms', async (streak, ms) => {
    const { deliverer, requests } = openDispatching(parts, database);
    const delivery = { ...(await claimedRow()), unchargedStreak: streak };
    const next = await deliverer.deliver({ delivery, signers: null }, parts.clock.monotonic() + 30_000, () => {});
    expect(requests).toEqual([]);
    expect(next).toEqual({ status: 'pending', attemptsCharged: 0, delayMs: expect.any(Number) });
    expect(Math.floor((next as { delayMs: number }).delayMs / ms)).toBe(1); // chance adds no more than a tenth
    const rows = await sql(
      database,
      `SELECT o.status, uncharged_streak, outcome, error_code
         FROM postback.webhook_outbox o JOIN postback.webhook_attempts a ON a.outbox_id = o.id WHERE o.id = $1`,
      [delivery.id],
    );
    const streakNow = Math.min(streak + 1, 1_000);
    expect(rows).toEqual([{ status: 'pending', uncharged_streak: streakNow, outcome: 'not_sent', error_code: 'secrets_unavailable' }]);
  });
});

async function claimedRow(): Promise<Delivery> {
  const id = await dueRow(parts, database);
  const deliveries = await claimFromAll(parts.database, 10);
  expect(deliveries.map((delivery) => delivery.id)).toEqual([id]);
  return deliveries[0]!;
}

async function deliver(deliverer: Deliverer, delivery: Delivery) {
  const [opened] = await deliverer.open([delivery]);
  return deliverer.deliver(opened!, parts.clock.monotonic() + 30_000, () => {});
}
