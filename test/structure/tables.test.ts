import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TASK_STAGES, TERMINAL_STAGES } from '../../src/tasks/states.js';
import { ATTEMPT_OUTCOMES } from '../../src/webhooks/delivery/outcome.js';
import { BREAKER_STATES, ENDPOINT_STATES } from '../../src/webhooks/endpoints/states.js';
import { BATCH_STATES } from '../../src/webhooks/outbox/batch-states.js';
import { DEAD_REASONS, OUTBOX_STATUSES } from '../../src/webhooks/outbox/states.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { sql } from '../support/service.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(() => database?.drop());

describe('the schema postback', () => {
  it('says of every table, view and column what it holds', async () => {
    const silent = await sql<{ name: string }>(
      database,
      `SELECT concat_ws('.', c.relname, a.attname) AS name
         FROM pg_class c
         LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relnamespace = 'postback'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
          AND (obj_description(c.oid, 'pg_class') IS NULL OR col_description(c.oid, a.attnum) IS NULL)
        ORDER BY 1`,
    );
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  it.each([
    ['tasks_status_known', TASK_STAGES],
    ['tasks_finished_when_terminal', TERMINAL_STAGES],
    ['webhook_outbox_status_known', OUTBOX_STATUSES],
    ['webhook_outbox_dead_reason_known', DEAD_REASONS],
    ['webhook_attempts_outcome_known', ATTEMPT_OUTCOMES],
    ['webhook_endpoints_state_known', ENDPOINT_STATES],
    ['webhook_endpoints_breaker_known', BREAKER_STATES],
    ['redelivery_batches_state_known', BATCH_STATES],
  ])('allows in %s exactly the words of the code', async (constraint, words) => {
    const [check] = await sql<{ definition: string }>(
      database,
      'SELECT pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE conname = $1',
      [constraint],
    );
    const allowed = [...check!.definition.matchAll(/'([a-z_]+)'::text/g)].map(([, word]) => word);
    expect(allowed.sort()).toEqual([...words].sort());
  });

  it.each([
    ['tasks', 'status', [...TASK_STAGES]],
    ['webhook_outbox', 'dead_reason', [...DEAD_REASONS]],
    ['webhook_outbox', 'status', [...OUTBOX_STATUSES]],
  ])('names every word of %s.%s in the comment of the column', async (table, column, words) => {
    const [found] = await sql<{ comment: string }>(
      database,
      'SELECT col_description(attrelid, attnum) AS comment FROM pg_attribute WHERE attrelid = $1::regclass AND attname = $2',
      [`postback.${table}`, column],
    );
    expect(words.filter((word) => !found!.comment.includes(word))).toEqual([]);
  });

  it('lives in a database that speaks UTF-8', async () => {
    const [settings] = await sql(database, "SELECT current_setting('server_encoding') AS server, length('é€😀') AS characters");
    expect(settings).toEqual({ server: 'UTF8', characters: 3 });
  });

  it('has no foreign key from what is written often to what is read often', async () => {
    const keys = await sql<{ from: string; to: string }>(
      database,
      `SELECT conrelid::regclass::text AS "from", confrelid::regclass::text AS "to" FROM pg_constraint
        WHERE contype = 'f' AND connamespace = 'postback'::regnamespace`,
    );
    expect(keys).not.toEqual([]); // else this would look at nothing
    expect(keys.filter(({ from }) => /webhook_(outbox|attempts|events)/.test(from))).toEqual([]);
    expect(keys.filter(({ to }) => to.endsWith('webhook_endpoints'))).toEqual([]);
  });
});
