import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { findDueEndpoints, START } from '../../../src/webhooks/delivery/find-due-endpoints.js';
import { openParts, type Parts } from '../../support/parts.js';
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

const insert = (rows: string, values: unknown[] = []) =>
  sql(
    database,
    `INSERT INTO postback.webhook_outbox (id, event_id, endpoint_id, tenant, task_id, url, secret_id, max_attempts, next_attempt_at)
     SELECT gen_random_uuid(), gen_random_uuid(), e.id, 'default', gen_random_uuid(), 'http://127.0.0.1:9/', gen_random_uuid(), 11, e.due
       FROM (${rows}) AS e (id, due)`,
    values,
  );

it('finds a row that was committed seconds late at the look after a probe, however many endpoints wait for their schedule', async () => {
  await insert("SELECT gen_random_uuid(), now() + interval '1 hour' FROM generate_series(1, 50)");
  const probed = await findDueEndpoints(parts.database, START, 2);
  const from = probed.next.walkedTo!.time;
  const [place] = await sql(database, "SELECT $1::timestamptz <= now() - interval '5 s' AS back", [from]);
  expect(place).toEqual({ back: true });
  const first = '00000000-0000-0000-0000-000000000001'; // behind the probe, which will not come round here for long
  await insert("SELECT $1::uuid, $2::timestamptz + interval '1 ms'", [first, from]);
  expect((await findDueEndpoints(parts.database, probed.next, 2)).endpointIds).toEqual([first]);
});
