import type pg from 'pg';
import { type Endpoints, TENANT } from './endpoints.js';

export interface Load {
  rows: number;
  /** Dealt out in turn. */
  to: Endpoints;
  /** When the first row is due, in ms from the load on; negative: it is due already. */
  dueInMs: number;
  /** Between the due times of two rows, in ms. */
  everyMs?: number;
  bodyBytes?: number;
  /** Give each row's URL a query `?n=<i>`, by which the sink tells them apart. */
  numbered?: boolean;
}

/** A microsecond: due at practically one moment, and still each at its own, as rows of different commits are. */
const NEXT_MICROSECOND = 0.001;

/** Events and outbox rows as ended tasks leave them, in one commit. Returns when the first row is due, in ms since 1970. */
export async function loadRows(client: pg.Client, load: Load): Promise<number> {
  const { rows, to, dueInMs, everyMs = NEXT_MICROSECOND, bodyBytes = 1_024, numbered = false } = load;
  const ids = nextIds();
  await client.query('BEGIN');
  await client.query(EVENTS, [...ids, rows, TENANT, bodyBytes]);
  await client.query(OUTBOX, [...ids, rows, TENANT, to.ids, to.urls, to.secretId, dueInMs, everyMs, numbered]);
  await client.query('COMMIT');
  const { rows: due } = await client.query<{ ms: string }>(
    'SELECT extract(epoch FROM next_attempt_at) * 1000 AS ms FROM postback.webhook_outbox WHERE id = ($1 || lpad(to_hex(1), 12, $2))::uuid',
    [ids[1], '0'],
  );
  return Number(due[0]!.ms);
}

/** Empties what deliveries leave behind, so that each round finds the same database. */
export async function clearRows(client: pg.Client): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await client.query('TRUNCATE postback.webhook_outbox, postback.webhook_events, postback.webhook_attempts');
      return;
    } catch (error) {
      // a claim or a finish of the round before may be under way, and lock the same tables the other way round
      if ((error as { code?: string }).code !== '40P01' || tries === 10) throw error;
    }
  }
}

/** Statistics and visibility as autovacuum would make them, now instead of somewhere in the middle of a round. */
export async function settle(client: pg.Client): Promise<void> {
  await client.query(
    'VACUUM (ANALYZE) postback.webhook_outbox, postback.webhook_events, postback.webhook_endpoints, postback.webhook_attempts',
  );
  await client.query('CHECKPOINT').catch(() => {}); // for superusers; it saves a round from one in its middle
}

let loads = 0;

/** Prefixes of UUIDv7s for events, rows and tasks that rise from load to load and from row to row. */
function nextIds(): [event: string, row: string, task: string] {
  const time = (Date.now() + loads++).toString(16).padStart(12, '0');
  const prefix = (kind: number) => `${time.slice(0, 8)}-${time.slice(8)}-7${kind}00-8000-`;
  return [prefix(1), prefix(2), prefix(3)];
}

const id = (prefix: string) => `(${prefix} || lpad(to_hex(i), 12, '0'))::uuid`;

/** $1 event, $2 row, $3 task prefix, $4 rows, $5 tenant, $6 bytes of a body. */
const EVENTS = `
  INSERT INTO postback.webhook_events (id, tenant, task_id, type, body)
  SELECT ${id('$1')}, $5, ${id('$3')}, 'task.completed', head || repeat('x', greatest(0, $6 - octet_length(head) - 2)) || '"}'
    FROM generate_series(1, $4::int) AS i
   CROSS JOIN LATERAL (
     SELECT format('{"type":"task.completed","event_id":"%s","task_id":"%s","status":"completed","timestamp":"2026-05-14T10:30:00Z","seq":2,"task_type":"echo","metadata":null,"result":"',
                   ${id('$1')}, ${id('$3')}) AS head
   ) h
   WHERE $2::text IS NOT NULL`;

/** $6 endpoint ids, $7 their URLs, $8 secret, $9 ms until the first is due, $10 ms between two, $11 numbered. */
const OUTBOX = `
  INSERT INTO postback.webhook_outbox (id, event_id, endpoint_id, tenant, task_id, url, secret_id, max_attempts, next_attempt_at)
  SELECT ${id('$2')}, ${id('$1')}, ($6::uuid[])[1 + i % cardinality($6::uuid[])], $5, ${id('$3')},
         ($7::text[])[1 + i % cardinality($7::text[])] || CASE WHEN $11::boolean THEN '?n=' || i ELSE '' END,
         $8, 11, clock.now + ($9::float8 + (i - 1) * $10::float8) * interval '1 ms'
    FROM generate_series(1, $4::int) AS i
   CROSS JOIN (SELECT now() AS now) clock`;
