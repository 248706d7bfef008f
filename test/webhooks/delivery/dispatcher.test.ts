import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDispatching } from '../../support/dispatching.js';
import { dueRow, openParts, type Parts } from '../../support/parts.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.js';
import { sql } from '../../support/service.js';

const A_MINUTE = { POSTBACK_POLL_INTERVAL_MS: '60000' };

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

describe('a claim that fails', () => {
  it('leaves its endpoints in line: the next one asks for them again, without a probe', async () => {
    const id = await dueRow(parts, database);
    let failing = true;
    const faulty = Object.create(parts.database, {
      pipelined: {
        value: (...args: Parameters<typeof parts.database.pipelined>) =>
          failing ? Promise.reject(new Error('away')) : parts.database.pipelined(...args),
      },
    });
    const { dispatcher, requests } = openDispatching(parts, database, A_MINUTE, faulty);
    await expect(dispatcher.runOnce()).rejects.toThrow('away');
    failing = false;
    expect(await dispatcher.runOnce()).toBe('more');
    expect(requests).toHaveLength(1);
    await dispatcher.beforeApplicationShutdown();
    expect(await sql(database, 'SELECT status FROM postback.webhook_outbox WHERE id = $1', [id])).toEqual([{ status: 'delivered' }]);
  });
});
