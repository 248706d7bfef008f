import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '../../src/platform/ids.js';
import { claimDue, type Delivery } from '../../src/webhooks/delivery/claim-due.js';
import { type Finish, finishAttempts } from '../../src/webhooks/delivery/finish-attempts.js';
import { judge } from '../../src/webhooks/delivery/outcome.js';
import { claimFromAll } from '../support/claim.js';
import { HeldLock } from '../support/held-lock.js';
import { dueRow, openParts, type Parts } from '../support/parts.js';
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

const NEVER_OPENS = { minFailures: 1_000, minMs: 0, probeMs: 1_000, probeCapMs: 1_000 };
const finish = (finishes: Finish[]) => finishAttempts(parts.database, { sinks: [], breaker: NEVER_OPENS }, finishes, 0);

const rowOf = async (id: string) => (await sql(database, 'SELECT * FROM postback.webhook_outbox WHERE id = $1', [id]))[0]!;
const setEndpoint = (id: string, change: string) =>
  sql(
    database,
    `UPDATE postback.webhook_endpoints SET ${change} WHERE id = (SELECT endpoint_id FROM postback.webhook_outbox WHERE id = $1)`,
    [id],
  );

const throttled = (delivery: Delivery, retryAfter: string): Finish => ({
  delivery,
  attempt: {
    verdict: judge({
      kind: 'response',
      status: 429,
      headers: { 'retry-after': retryAfter },
      excerpt: '',
      truncated: false,
      firstByteMs: 1,
      durationMs: 1,
      reused: false,
    }),
    durationMs: 1,
    excerpt: null,
  },
  next: { status: 'pending', attemptsCharged: 1, delayMs: 0 },
});

describe('an endpoint that asks to be left alone', () => {
  it('is left alone until the latest time it named, in whatever order its answers are written down', async () => {
    const url = `http://127.0.0.1:9/${randomUUID()}`;
    const ids = [await dueRow(parts, database, url), await dueRow(parts, database, url)];
    const claimed = (await claimFromAll(parts.database, 50)).filter(({ id }) => ids.includes(id));
    const wait = async () => {
      const [row] = await sql(database, 'SELECT slow_until > last_failure_at + $2 AS long FROM postback.webhook_endpoints WHERE url = $1', [
        url,
        '500 s',
      ]);
      return row!.long;
    };
    for (const [index, seconds] of ['600', '1'].entries()) {
      await finish([throttled(claimed[index]!, seconds)]);
      expect(await wait()).toBe(true);
    }
  });
});

describe('an endpoint with a rate', () => {
  it('is passed over by claims while it is being changed, which would else wait for one another', async () => {
    const id = await dueRow(parts, database);
    await setEndpoint(id, 'rate_per_second = 5');
    const endpointId = (await rowOf(id)).endpoint_id as string;
    const limits = { freeSlots: 9, freeSlowSlots: 9, perTurn: 9, endpointMaxInFlight: 9, originMaxInFlight: 1_000 };
    const claim = () => claimDue(parts.database, [endpointId], limits, { token: newId(), ms: 30_000, claimedBy: newId() });
    const change = await HeldLock.take(database, 'SELECT FROM postback.webhook_endpoints WHERE id = $1 FOR NO KEY UPDATE', [endpointId]);
    expect(await claim()).toEqual({ deliveries: [], quotas: [] });
    await change.run(`UPDATE postback.webhook_outbox SET url = 'http://127.0.0.1:9/moved' WHERE id = '${id}'`);
    await change.release();
    expect((await claim()).deliveries).toMatchObject([{ id, url: 'http://127.0.0.1:9/moved' }]);
  });
});
