import type pg from 'pg';

/** As much of a webhook as is looked at here; see `components.schemas.WebhookBody` of the OpenAPI document for all of it. */
export interface WebhookEvent {
  type: string;
  event_id: string;
  task_id: string;
  status: string;
}

/** Your own tables. Nothing but `received_webhooks` keeps a second line for the same webhook out of `finished_tasks`. */
const TABLES = `
  CREATE TABLE IF NOT EXISTS received_webhooks (
    webhook_id  text PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE IF NOT EXISTS finished_tasks (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    task_id        uuid NOT NULL,
    status         text NOT NULL,
    event          text NOT NULL,
    followed_up_at timestamptz
  );`;

/** Two processes that start at once must not both create them. */
export async function createTables(pool: pg.Pool): Promise<void> {
  await inTransaction(pool, async (tx) => {
    await tx.query("SELECT pg_advisory_xact_lock(hashtext('receiver tables'))");
    await tx.query(TABLES);
  });
}

/**
 * Notes the webhook's id and does the work that belongs to it in one commit: both are there, or neither is. Answer 2xx when this
 * has returned, whatever it returned, and anything else when it threw: the webhook then comes again.
 *
 * A duplicate that arrives while the first one is still at work waits in the INSERT until that has committed, or rolled back.
 */
export async function storeOnce(pool: pg.Pool, webhookId: string, body: string): Promise<'stored' | 'duplicate'> {
  const event = JSON.parse(body) as WebhookEvent;
  return inTransaction(pool, async (tx) => {
    const { rowCount } = await tx.query('INSERT INTO received_webhooks (webhook_id) VALUES ($1) ON CONFLICT DO NOTHING', [webhookId]);
    if (rowCount === 0) return 'duplicate';
    // the work that must happen exactly once: a line in your books
    await tx.query('INSERT INTO finished_tasks (task_id, status, event) VALUES ($1, $2, $3)', [event.task_id, event.status, body]);
    return 'stored';
  });
}

/**
 * What takes long comes after the answer, from the table: after a crash the lines that are left are done at the next start.
 * Returns how many there were. The lock lets several processes share the lines.
 */
export async function followUp(pool: pg.Pool, work: (event: WebhookEvent) => Promise<void>): Promise<number> {
  for (let done = 0; ; done += 1) {
    const found = await inTransaction(pool, async (tx) => {
      const { rows } = await tx.query<{ id: string; event: string }>(
        'SELECT id, event FROM finished_tasks WHERE followed_up_at IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED',
      );
      if (rows[0] === undefined) return false;
      await work(JSON.parse(rows[0].event));
      await tx.query('UPDATE finished_tasks SET followed_up_at = now() WHERE id = $1', [rows[0].id]);
      return true;
    });
    if (!found) return done;
  }
}

async function inTransaction<T>(pool: pg.Pool, work: (tx: pg.PoolClient) => Promise<T>): Promise<T> {
  const tx = await pool.connect();
  try {
    await tx.query('BEGIN');
    const result = await work(tx);
    await tx.query('COMMIT');
    tx.release();
    return result;
  } catch (error) {
    tx.release(true); // ends the connection, and the transaction with it
    throw error;
  }
}
