import pg from 'pg';

export interface TaskRow {
  id: string;
  type: string;
  status: string;
  result: string | null;
  error: { code: string; message: string } | null;
  metadata: { n: number } | null;
  runs: number;
  interruptions: number;
  last_seq: number;
  run_token: string | null;
  created: string;
  finished: string | null;
  started: string | null;
  webhook_url: string | null;
}

export interface EventRow {
  id: string;
  task_id: string;
  seq: number;
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: each type says something else
  data: any;
  created: string;
  /** The transaction that wrote it. */
  xmin: string;
}

export interface StepRow {
  task_id: string;
  name: string;
  result: { run: number; interruptions: number };
  created: string;
}

export interface BodyRow {
  id: string;
  task_id: string;
  type: string;
  body: string | null;
  thin_body: string | null;
  xmin: string;
}

export interface OutboxRow {
  id: string;
  event_id: string;
  endpoint_id: string;
  task_id: string;
  url: string;
  status: string;
  attempts: number;
  attempts_charged: number;
  max_attempts: number;
  dead_reason: string | null;
  lease_token: string | null;
  last_error: string | null;
  created: string;
  delivered: string | null;
  next_attempt: string | null;
}

export interface AttemptRow {
  outbox_id: string;
  attempt: number;
  trigger: string;
  outcome: string;
  charged: boolean;
  status_code: number | null;
  error_code: string | null;
  error: string | null;
  response_excerpt: string | null;
  claimed_by: string | null;
  started: string;
  /** Ms since 1970. */
  started_ms: number;
  duration_ms: number | null;
}

export interface KeyRow {
  key: string;
  task_id: string;
  response: string;
}

export interface Snapshot {
  tasks: TaskRow[];
  events: EventRow[];
  steps: StepRow[];
  bodies: BodyRow[];
  outbox: OutboxRow[];
  attempts: AttemptRow[];
  keys: KeyRow[];
}

/** What the database says, in one transaction. Times as Postgres prints them, to the microsecond: some must be equal. */
export async function readDatabase(url: string): Promise<Snapshot> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const rows = async <Row extends pg.QueryResultRow>(text: string): Promise<Row[]> => (await client.query<Row>(text)).rows;
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    return {
      tasks: await rows(
        `SELECT id, type, status, result, error, metadata, runs, interruptions, last_seq, run_token, created_at::text AS created,
                finished_at::text AS finished, started_at::text AS started, webhook_url FROM postback.tasks ORDER BY id`,
      ),
      events: await rows(
        'SELECT id, task_id, seq, type, data, created_at::text AS created, xmin::text FROM postback.task_events ORDER BY task_id, seq',
      ),
      steps: await rows(
        'SELECT task_id, name, result::json AS result, created_at::text AS created FROM postback.task_steps ORDER BY task_id, created_at',
      ),
      bodies: await rows('SELECT id, task_id, type, body, thin_body, xmin::text FROM postback.webhook_events ORDER BY id'),
      outbox: await rows(
        `SELECT id, event_id, endpoint_id, task_id, url, status, attempts, attempts_charged, max_attempts, dead_reason, lease_token, last_error,
                created_at::text AS created, delivered_at::text AS delivered, next_attempt_at::text AS next_attempt FROM postback.webhook_outbox ORDER BY id`,
      ),
      attempts: await rows(
        `SELECT outbox_id, attempt, trigger, outcome, charged, status_code, error_code, error, response_excerpt, claimed_by, duration_ms,
                started_at::text AS started, (extract(epoch FROM started_at) * 1000)::float8 AS started_ms
           FROM postback.webhook_attempts ORDER BY outbox_id, attempt`,
      ),
      keys: await rows('SELECT key, task_id, response FROM postback.idempotency_keys'),
    };
  } finally {
    await client.end();
  }
}
