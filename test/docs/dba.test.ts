import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { dbaQuestions } from '../../bench/support/dba-questions.js';
import { createEndpoints, urlsUnder } from '../../bench/support/endpoints.js';
import { ExplainingDatabase } from '../../bench/support/explaining.js';
import { fillHistory, fillTasks } from '../../bench/support/fill-history.js';
import { loadRows, settle } from '../../bench/support/load-rows.js';
import { faultsOf } from '../../bench/support/plan-tree.js';
import { readFigures } from '../../src/metrics/read-figures.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';

/** Enough for the planner to prefer an index to reading a table of 3,000 pages. */
const HISTORY = 60_000;

let database: TestDatabase;
let client: pg.Client;
let explaining: ExplainingDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  const endpoints = await createEndpoints(database.url, urlsUnder(['http://127.0.0.1:9001'], 20));
  await Promise.all([fillHistory(database.url, endpoints, HISTORY), fillTasks(database.url, HISTORY)]);
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await loadRows(client, { rows: 600, to: endpoints, dueInMs: -1_000 });
  await client.query(
    `UPDATE postback.webhook_outbox SET status = CASE WHEN right(id::text, 1) < '8' THEN 'held' ELSE 'dead' END,
            held_at = CASE WHEN right(id::text, 1) < '8' THEN now() END, dead_reason = CASE WHEN right(id::text, 1) >= '8' THEN 'exhausted' END,
            dead_at = CASE WHEN right(id::text, 1) >= '8' THEN now() END
      WHERE status = 'pending' AND endpoint_id = ANY ($1)`,
    [endpoints.ids.slice(0, 10)],
  );
  await settle(client);
  explaining = new ExplainingDatabase(client);
}, 120_000);

afterAll(async () => {
  await client?.end();
  await database?.drop();
});

/** What is wrong with the plans of what `work` asks, and how many there were. Tables that are small here are rightly read whole. */
async function plans(work: () => Promise<unknown>): Promise<{ asked: number; faults: string[] }> {
  explaining.explained = [];
  await work();
  const faults = explaining.explained.flatMap(({ statement, plan }) => faultsOf(plan.Plan).map((fault) => `${fault}: ${statement}`));
  return {
    asked: explaining.explained.length,
    faults: faults.filter((fault) => !/^uses no index.*(processes|alerts|webhook_endpoints)/s.test(fault)),
  };
}

describe('beside a history that is rightly never read', () => {
  it.each(dbaQuestions())('a DBA is answered by indexes: %s', async (question) => {
    expect(await plans(() => explaining.query(question))).toEqual({ asked: 1, faults: [] });
  });

  it('so are the figures of /metrics', async () => {
    expect(await plans(() => readFigures(explaining, 10_000))).toEqual({ asked: 6, faults: [] });
  });

  it('and this would notice a question that reads a table whole', async () => {
    const { faults } = await plans(() => explaining.query('SELECT count(*) FROM postback.webhook_outbox WHERE last_error IS NULL'));
    expect(faults).toHaveLength(2);
  });
});
