import { type Endpoints, TENANT } from './endpoints.js';
import { connect } from './postgres.js';
import { tell } from './progress.js';

/** Rows per statement: progress can be told, and nothing runs for minutes in one piece. */
const CHUNK = 250_000;

/** How long ago the oldest of them was made; the others within the hour after it. */
export const HISTORY_DAYS = 7;

/**
 * Rows that were delivered long ago, with their events and attempts: what years of work leave behind. Two connections, each table
 * in its order by one of them (the outbox costs as much as the others together), and what is no constraint is indexed at the end.
 */
export async function fillHistory(databaseUrl: string, { ids, urls, secretId }: Endpoints, rows: number): Promise<void> {
  const outbox = (range: number[]) => ({ text: OUTBOX, values: [...range, TENANT, ids, urls, secretId] });
  const events = (range: number[]) => ({ text: EVENTS, values: [...range, TENANT] });
  const attempts = (range: number[]) => ({ text: ATTEMPTS, values: range });
  const client = await connect(databaseUrl);
  const { rows: indexes } = await client.query<{ name: string; definition: string }>(INDEXES);
  for (const { name } of indexes) await client.query(`DROP INDEX ${name}`);
  await Promise.all([fill(databaseUrl, rows, [outbox]), fill(databaseUrl, rows, [events, attempts])]);
  for (const { definition } of indexes) await client.query(definition);
  await client.end();
  tell(`${rows} delivered rows made`);
}

type Statement = (range: number[]) => { text: string; values: unknown[] };

async function fill(databaseUrl: string, rows: number, statements: readonly Statement[]): Promise<void> {
  const client = await connect(databaseUrl);
  await client.query('SET synchronous_commit = off'); // nobody measures this part
  for (let from = 1; from <= rows; from += CHUNK) {
    const range = [from, Math.min(rows, from + CHUNK - 1)];
    for (const statement of statements) await client.query(statement(range));
  }
  await client.end();
}

const INDEXES = `
  SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
    FROM pg_index i
   WHERE indrelid IN ('postback.webhook_events'::regclass, 'postback.webhook_outbox'::regclass, 'postback.webhook_attempts'::regclass)
     AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)`;

/** UUIDv7s of the past, rising with the rows, as they would. */
const id = (kind: number) =>
  `('0190' || lpad(to_hex(i / 65536), 4, '0') || '-' || lpad(to_hex(i % 65536), 4, '0') || '-7${kind}00-8000-000000000000')::uuid`;

const EVENTS = `
  INSERT INTO postback.webhook_events (id, tenant, task_id, type, body, created_at)
  SELECT ${id(1)}, $3, ${id(3)}, 'task.completed', '{"type":"task.completed","result":"' || repeat('x', 100) || '"}', now() - interval '${HISTORY_DAYS} days' + i * interval '1 ms'
    FROM generate_series($1::int, $2::int) AS i`;

const OUTBOX = `
  INSERT INTO postback.webhook_outbox (id, event_id, endpoint_id, tenant, task_id, url, secret_id, max_attempts, status, attempts,
                                       next_attempt_at, created_at, claimed_at, delivered_at, last_status_code)
  SELECT ${id(2)}, ${id(1)}, ($4::uuid[])[1 + i % cardinality($4::uuid[])], $3, ${id(3)}, ($5::text[])[1 + i % cardinality($5::text[])], $6, 11,
         'delivered', 1, NULL, at, at, at, 200
    FROM generate_series($1::int, $2::int) AS i
   CROSS JOIN LATERAL (SELECT now() - interval '${HISTORY_DAYS} days' + i * interval '1 ms' AS at) past`;

const ATTEMPTS = `
  INSERT INTO postback.webhook_attempts (outbox_id, attempt, trigger, started_at, duration_ms, outcome, charged, status_code)
  SELECT ${id(2)}, 1, 'schedule', now() - interval '${HISTORY_DAYS} days' + i * interval '1 ms', 5, 'delivered', false, 200
    FROM generate_series($1::int, $2::int) AS i`;

/** Tasks that ended long ago, without webhooks; a few of them wait. */
export async function fillTasks(databaseUrl: string, rows: number): Promise<void> {
  const client = await connect(databaseUrl);
  await client.query('SET synchronous_commit = off');
  await client.query(TASKS, [TENANT, rows]);
  await client.end();
}

const TASKS = `
  INSERT INTO postback.tasks (id, tenant, type, status, input, result, timeout_ms, next_run_at, created_at, finished_at)
  SELECT ${id(4)}, $1, 'echo', CASE WHEN waits THEN 'queued' ELSE 'completed' END, '{}', CASE WHEN waits THEN NULL ELSE '{}' END, 60000, at, at,
         CASE WHEN waits THEN NULL ELSE at END
    FROM generate_series(1, $2::int) AS i
   CROSS JOIN LATERAL (SELECT now() - interval '${HISTORY_DAYS} days' + i * interval '1 ms' AS at, i % 1000 = 0 AS waits) past`;
