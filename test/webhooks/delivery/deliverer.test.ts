import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Delivery } from '../../../src/webhooks/delivery/claim-due.js';
import type { Deliverer } from '../../../src/webhooks/delivery/deliverer.js';
import { claimFromAll } from '../../support/claim.js';
import { openDispatching } from '../../support/dispatching.js';
import { dueRow, openParts, type Parts } from '../../support/parts.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.js';

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
