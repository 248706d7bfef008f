import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { runBatchStep } from '../../src/webhooks/outbox/run-batch-step.js';
import { dueRow, openParts, type Parts } from '../support/parts.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { ServiceProcess, sql } from '../support/service.js';

/** More than two steps move, which take 500 rows each. */
const ROWS = 1_200;

let database: TestDatabase;
let a: Parts;
let b: Parts;

beforeAll(async () => {
  database = await createTestDatabase();
  [a, b] = await Promise.all([openParts(database), openParts(database)]);
});

afterAll(async () => {
  await Promise.all([a?.close(), b?.close()]);
  await database?.drop();
});

const moved = async () =>
  (await sql<{ n: number }>(database, "SELECT count(*)::int AS n FROM postback.webhook_outbox WHERE status = 'pending'"))[0]!.n;
const batch = async () =>
  (await sql(database, 'SELECT state, scanned::int, redelivered::int, skipped::int FROM postback.redelivery_batches'))[0];

it('a bulk redelivery goes on where a killed process left it, by two others at once, and moves each row once', async () => {
  await deadRows();
  await sql(database, 'SELECT postback.redeliver_where()');

  // in the middle of a step: nothing of it happened
  expect(await dieAt('redelivery.before-commit')).toBe('SIGKILL');
  expect([await moved(), await batch()]).toEqual([0, { state: 'running', scanned: 0, redelivered: 0, skipped: 0 }]);
  // between two steps: what was done stays done
  expect(await dieAt('redelivery.after-commit')).toBe('SIGKILL');
  expect([await moved(), await batch()]).toEqual([500, { state: 'running', scanned: 500, redelivered: 500, skipped: 0 }]);

  await Promise.all([untilDone(a), untilDone(b), untilDone(a), untilDone(b)]);
  expect(await batch()).toEqual({ state: 'completed', scanned: ROWS, redelivered: ROWS, skipped: 0 });
  expect(await moved()).toBe(ROWS);
  // the trigger counts every move there ever was, the undone one not among them
  expect(
    await sql(database, 'SELECT moves, count(*)::int AS rows FROM (SELECT count(*)::int AS moves FROM moves GROUP BY id) m GROUP BY 1'),
  ).toEqual([{ moves: 1, rows: ROWS }]);
}, 120_000);

/** Copies of one row that is dead, and a table that gets a line for each time one of them is moved. */
async function deadRows(): Promise<void> {
  const id = await dueRow(a, database);
  await sql(
    database,
    `UPDATE postback.webhook_outbox SET status = 'dead', dead_reason = 'exhausted', dead_at = now(), next_attempt_at = NULL;
     INSERT INTO postback.webhook_outbox (id, event_id, endpoint_id, tenant, task_id, url, secret_id, max_attempts, status, dead_reason, dead_at, next_attempt_at)
     SELECT gen_random_uuid(), e.id, o.endpoint_id, o.tenant, o.task_id, o.url, o.secret_id, 11, 'dead', 'exhausted', now(), NULL
       FROM postback.webhook_outbox o, (SELECT gen_random_uuid() AS id FROM generate_series(2, ${ROWS})) e;
     INSERT INTO postback.webhook_events (id, tenant, task_id, type, body)
     SELECT o.event_id, o.tenant, o.task_id, 'task.canceled', '{}' FROM postback.webhook_outbox o WHERE o.id <> '${id}';
     CREATE TABLE moves (id uuid);
     CREATE FUNCTION count_move() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO moves VALUES (NEW.id); RETURN NULL; END $$;
     CREATE TRIGGER count_moves AFTER UPDATE OF status ON postback.webhook_outbox FOR EACH ROW WHEN (OLD.status = 'dead') EXECUTE FUNCTION count_move()`,
  );
}

/** A process that answers HTTP continues batches and sends nothing. It may be dead before it is ready. */
async function dieAt(failPoint: string): Promise<NodeJS.Signals | number | null | string> {
  const started = await ServiceProcess.start(database, { POSTBACK_ROLES: 'api', FAILPOINT: failPoint }).catch((error: Error) => error);
  return started instanceof Error ? (started.message.startsWith('The service ended') ? 'SIGKILL' : started.message) : started.ended();
}

async function untilDone({ database: own }: Parts): Promise<void> {
  while ((await batch())!.state === 'running') await runBatchStep(own);
}
