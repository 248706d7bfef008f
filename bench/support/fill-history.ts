import type pg from 'pg';
import { type Endpoints, TENANT } from './endpoints.js';
import { tell } from './progress.js';

/** Rows per statement: progress can be told, and nothing runs for minutes in one piece. */
const CHUNK = 250_000;

/** Rows that were delivered long ago, with their events and attempts: what years of work leave behind. */
export async function fillHistory(client: pg.Client, { ids, urls, secretId }: Endpoints, rows: number): Promise<void> {
  await client.query('SET synchronous_commit = off'); // nobody measures this part
  for (let from = 1; from <= rows; from += CHUNK) {
    const range = [from, Math.min(rows, from + CHUNK - 1)];
    await client.query(EVENTS, [...range, TENANT]);
    await client.query(OUTBOX, [...range, TENANT, ids, urls, secretId]);
    await client.query(ATTEMPTS, range);
    tell(`history: ${range[1]} of ${rows} rows made`);
  }
  await client.query('RESET synchronous_commit');
}

/** UUIDv7s of the past, rising with the rows, as they would. */
const id = (kind: number) =>
  `('0190' || lpad(to_hex(i / 65536), 4, '0') || '-' || lpad(to_hex(i % 65536), 4, '0') || '-7${kind}00-8000-000000000000')::uuid`;

const EVENTS = `
  INSERT INTO postback.webhook_events (id, tenant, task_id, type, body, created_at)
  SELECT ${id(1)}, $3, ${id(3)}, 'task.completed', '{"type":"task.completed","result":"' || repeat('x', 100) || '"}', now() - interval '7 days' + i * interval '1 ms'
    FROM generate_series($1::int, $2::int) AS i`;

const OUTBOX = `
  INSERT INTO postback.webhook_outbox (id, event_id, endpoint_id, tenant, task_id, url, secret_id, max_attempts, status, attempts,
                                       next_attempt_at, created_at, claimed_at, delivered_at, last_status_code)
  SELECT ${id(2)}, ${id(1)}, ($4::uuid[])[1 + i % cardinality($4::uuid[])], $3, ${id(3)}, ($5::text[])[1 + i % cardinality($5::text[])], $6, 11,
         'delivered', 1, NULL, at, at, at, 200
    FROM generate_series($1::int, $2::int) AS i
   CROSS JOIN LATERAL (SELECT now() - interval '7 days' + i * interval '1 ms' AS at) past`;

const ATTEMPTS = `
  INSERT INTO postback.webhook_attempts (outbox_id, attempt, trigger, started_at, duration_ms, outcome, charged, status_code)
  SELECT ${id(2)}, 1, 'schedule', now() - interval '7 days' + i * interval '1 ms', 5, 'delivered', false, 200
    FROM generate_series($1::int, $2::int) AS i`;
