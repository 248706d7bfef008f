import type { Database } from '../../platform/database/database.js';
import type { Tx } from '../../platform/database/sql.js';
import { failPoint } from '../../platform/lifecycle/fail-point.js';
import { type BatchFilter, batchConditions, batchStatuses } from './batch-filter.js';

/** Rows looked at, and rows moved, by one step: it ends within a moment, whatever the filter matches. */
const LOOK_AT = 2_000;
const MOVE = 500;

export interface BatchStep {
  batchId: string;
  scanned: number;
  redelivered: number;
  held: number;
  skipped: number;
  completed: boolean;
}

/**
 * One step of a batch that is due: a stretch of the outbox behind the batch's cursor, moved in the commit that moves the cursor.
 * The lock on the batch's row is the lease: it ends with the connection of the process that dies, whose unfinished step is as if it
 * had never begun. Null when no batch is due, or others are at them.
 */
export async function runBatchStep(database: Database): Promise<BatchStep | null> {
  let taken: Batch | null = null;
  try {
    const done = await database.transaction(async (tx) => {
      taken = await takeBatch(tx);
      return taken === null ? null : step(tx, taken);
    });
    if (done !== null) failPoint('redelivery.after-commit');
    return done;
  } catch (error) {
    if (taken !== null) await database.query(BACK_OFF, [(taken as Batch).id]).catch(() => {}); // the first error is the one worth telling
    throw error;
  }
}

async function step(tx: Tx, batch: Batch): Promise<BatchStep> {
  const { scanned, redelivered, held, skipped, completed, at, last } = await move(tx, batch);
  await tx.query(PROGRESS, [
    batch.id,
    scanned,
    redelivered,
    held,
    skipped,
    at ?? batch.cursor_created_at,
    last ?? batch.cursor_id,
    completed,
    batch.rate_per_second,
  ]);
  failPoint('redelivery.before-commit');
  return { batchId: batch.id, scanned, redelivered, held, skipped, completed };
}

interface Batch {
  id: string;
  filter: BatchFilter;
  include_delivered: boolean;
  rate_per_second: number | null;
  cursor_created_at: string;
  cursor_id: string;
}

async function takeBatch(tx: Tx): Promise<Batch | null> {
  const { rows } = await tx.query<Batch>(
    `SELECT id, filter, include_delivered, rate_per_second, cursor_created_at::text AS cursor_created_at, cursor_id
       FROM postback.redelivery_batches WHERE state = 'running' AND next_step_at <= now()
      ORDER BY next_step_at LIMIT 1 FOR UPDATE SKIP LOCKED`,
  );
  return rows[0] ?? null;
}

interface Moved {
  scanned: number;
  redelivered: number;
  held: number;
  skipped: number;
  completed: boolean;
  at: string | null;
  last: string | null;
}

async function move(tx: Tx, { id, filter, include_delivered, rate_per_second, cursor_created_at, cursor_id }: Batch): Promise<Moved> {
  const values: unknown[] = [id, cursor_created_at, cursor_id, LOOK_AT, Math.min(MOVE, rate_per_second ?? MOVE)];
  const conditions = batchConditions(filter, (value) => `$${values.push(value)}`);
  const matches = [batchStatuses(include_delivered), ...conditions].join(' AND ');
  // what an index cannot find is looked for in a stretch of bounded length, never in the whole table
  const since = filter.since === undefined ? 'true' : `o.created_at >= $${values.push(filter.since)}::timestamptz`; // where it may end
  const named = filter.ids === undefined ? 'true' : `o.id = ANY ($${values.push(filter.ids)}::uuid[])`; // which are looked up instead
  const shelf = `${include_delivered ? 'true' : "o.status IN ('dead', 'held')"} AND ${since} AND ${named}`;
  const { rows } = await tx.query<Moved>(
    `WITH stretch AS MATERIALIZED (
       SELECT o.id, o.created_at, row_number() OVER w AS place, (${matches}) AS matches
         FROM (
           SELECT * FROM postback.webhook_outbox o WHERE ${shelf} AND (o.created_at, o.id) < ($2::timestamptz, $3::uuid)
            ORDER BY o.created_at DESC, o.id DESC LIMIT $4
         ) o
       WINDOW w AS (ORDER BY o.created_at DESC, o.id DESC)
     ), wanted AS MATERIALIZED (
       SELECT id, place FROM stretch WHERE matches ORDER BY place LIMIT $5
     ), done AS (
       -- enough rows are moved: the next step goes on behind the last of them; else behind the stretch
       SELECT CASE WHEN (SELECT count(*) FROM wanted) = $5 THEN (SELECT max(place) FROM wanted) ELSE (SELECT max(place) FROM stretch) END AS place
     ), free AS MATERIALIZED (
       -- skipped, not waited for: whoever holds the lock redelivers, purges or erases it just now
       SELECT o.id, o.endpoint_id, o.event_id FROM postback.webhook_outbox o JOIN wanted USING (id)
        WHERE ${batchStatuses(include_delivered)}
          AND NOT EXISTS (SELECT FROM postback.redelivery_batches b WHERE b.id = o.redelivery_batch_id AND b.id <> $1 AND b.state = 'running')
        ORDER BY o.id FOR UPDATE OF o SKIP LOCKED
     ), moved AS (
       UPDATE postback.webhook_outbox o
          SET status = CASE WHEN e.state <> 'active' OR e.breaker <> 'closed' THEN 'held' ELSE 'pending' END,
              held_at = CASE WHEN e.state <> 'active' OR e.breaker <> 'closed' THEN now() END,
              next_attempt_at = now(), next_trigger = 'bulk', redelivery_batch_id = $1,
              attempts_charged = 0, uncharged_streak = 0, lost_streak = 0, dead_reason = NULL, dead_at = NULL
         FROM free
         JOIN postback.webhook_endpoints e ON e.id = free.endpoint_id AND e.deleted_at IS NULL
         JOIN postback.webhook_events v ON v.id = free.event_id AND v.body IS NOT NULL
        WHERE o.id = free.id AND ${batchStatuses(include_delivered)}
       RETURNING o.status
     )
     SELECT coalesce((SELECT place FROM done), 0)::int AS scanned,
            (SELECT count(*) FROM moved)::int AS redelivered,
            (SELECT count(*) FROM moved WHERE status = 'held')::int AS held,
            ((SELECT count(*) FROM wanted) - (SELECT count(*) FROM moved))::int AS skipped,
            (SELECT count(*) FROM stretch) < $4 AND coalesce((SELECT place FROM done), 0) = (SELECT count(*) FROM stretch) AS completed,
            (SELECT s.created_at::text FROM stretch s JOIN done USING (place)) AS at,
            (SELECT s.id FROM stretch s JOIN done USING (place)) AS last`,
    values,
  );
  return rows[0]!;
}

const PROGRESS = `
  UPDATE postback.redelivery_batches
     SET scanned = scanned + $2, redelivered = redelivered + $3::integer, held = held + $4, skipped = skipped + $5,
         cursor_created_at = $6, cursor_id = $7, failed_steps = 0,
         next_step_at = now() + coalesce($3::integer / $9::float8, 0) * interval '1 s',
         state = CASE WHEN $8 THEN 'completed' ELSE state END, finished_at = CASE WHEN $8 THEN now() END
   WHERE id = $1`;

/** The longest due batch is always the next one: one whose steps fail makes room for the others, from 5 s doubling to an hour. */
const BACK_OFF = `
  UPDATE postback.redelivery_batches
     SET failed_steps = failed_steps + 1, next_step_at = now() + least(3600, 5 * 2 ^ least(failed_steps, 10)) * interval '1 s'
   WHERE id = $1 AND state = 'running'`;
