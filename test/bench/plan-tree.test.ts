import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { ExplainingDatabase } from '../../bench/support/explaining.js';
import { buffersOf, faultsOf, indexesOf, renderPlan } from '../../bench/support/plan-tree.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';

/** One plan of every kind, as Postgres makes them. */
describe('plans of statements', () => {
  let database: TestDatabase;
  let client: pg.Client;
  let explaining: ExplainingDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    explaining = new ExplainingDatabase(client);
  });

  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  const planOf = async (planner: string, statement: string) => {
    await client.query(planner);
    explaining.explained = [];
    await explaining.query(statement);
    await client.query('RESET ALL');
    return explaining.explained[0]!.plan.Plan;
  };

  it('are at fault when a large table is read whole', async () => {
    const plan = await planOf(
      'SET enable_indexscan = off; SET enable_bitmapscan = off',
      'SELECT id FROM postback.webhook_outbox WHERE attempts > 3',
    );
    expect(faultsOf(plan)).toEqual(['reads webhook_outbox from end to end (Seq Scan)', 'uses no index']);
  });

  it('are at fault when a large table is read whole below other nodes, be the rest as it may', async () => {
    const plan = await planOf(
      'RESET ALL',
      `WITH broken AS MATERIALIZED (SELECT FROM postback.webhook_attempts WHERE status_code = 500)
       SELECT id FROM postback.webhook_outbox WHERE id = '01900000-0000-7000-8000-000000000000' AND EXISTS (SELECT FROM broken)`,
    );
    expect(faultsOf(plan)).toEqual(['reads webhook_attempts from end to end (Seq Scan)']);
    expect(indexesOf(plan)).toContain('webhook_outbox_pkey');
  });

  it('are fine when they go by an index, and are shown with rows and buffers', async () => {
    const plan = await planOf(
      'SET enable_seqscan = off',
      `SELECT id FROM postback.webhook_outbox WHERE id = '01900000-0000-7000-8000-000000000000'`,
    );
    expect(faultsOf(plan)).toEqual([]);
    expect(renderPlan(plan).join('\n')).toMatch(/Index (Only )?Scan using webhook_outbox_pkey on webhook_outbox \(0 rows, \d buffers\)/);
  });

  it('are fine when no table is read at all', async () => {
    expect(faultsOf(await planOf('SET enable_seqscan = off', 'SELECT 1'))).toEqual([]);
  });

  it('cost what their unread parts cost, too', async () => {
    const insert = `INSERT INTO postback.keyring (purpose, sealed, master_key_id) VALUES ('unread', '', '')`;
    const [alone, within] = [
      await planOf('RESET ALL', insert),
      await planOf('RESET ALL', `WITH unread AS (${insert.replace("'unread'", "'within'")}) SELECT 1`),
    ];
    expect(buffersOf(alone)).toBeGreaterThan(0);
    expect(buffersOf(within)).toBeGreaterThan(0);
  });

  it('are made without a trace: the statement itself runs once', async () => {
    await explaining.transaction(async (tx) => {
      await tx.query("SET LOCAL lock_timeout = '1s'"); // has no plan
      await tx.query(`INSERT INTO postback.keyring (purpose, sealed, master_key_id) VALUES ('trial', '', '')`);
      const { count } = await tx.query(`DELETE FROM postback.keyring WHERE purpose = 'trial'`);
      expect(count).toBe(1);
    });
  });
});
