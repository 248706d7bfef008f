import type { Sql } from '../platform/database/sql.js';
import type { Snapshot } from './snapshot.js';

/** What bounds the look. Times in ms. */
export interface SnapshotBounds {
  /** How far back webhooks were made whose attempts count in the failure rate. */
  failureRateWindowMs: number;
  retryAttempts: number;
  unchargedAttempts: number;
  heldAgeMs: number;
  /** Silence after which a process is taken for dead. */
  lostMs: number;
}

/** Latest attempts that the failure rate is taken from. */
const SAMPLE = 2_000;
/** Rows counted at most; "10000" then means that or more. */
const COUNT_MAX = 10_000;

const ROLES = ['api', 'worker', 'dispatcher'];

/**
 * Five statements, each bounded or along a partial index of rows that are few: what has been delivered costs nothing, however much of
 * it there is. Call it in a transaction that has just locked the open alerts: what they are about is then read after their last change.
 */
export async function readSnapshot(sql: Sql, bounds: SnapshotBounds): Promise<Snapshot> {
  const counts = await one<Omit<Snapshot, 'oldestQueued' | 'held' | 'blocked' | 'missingRoles'>>(sql, OUTBOX, [
    bounds.failureRateWindowMs,
    SAMPLE,
    COUNT_MAX,
    bounds.retryAttempts,
    bounds.unchargedAttempts,
  ]);
  const { oldestQueued } = await one<Pick<Snapshot, 'oldestQueued'>>(sql, QUEUE, []);
  return {
    ...counts!,
    oldestQueued,
    held: (await sql.query<Snapshot['held'][number]>(HELD, [bounds.heldAgeMs])).rows,
    blocked: (await sql.query<Snapshot['blocked'][number]>(BLOCKED)).rows,
    missingRoles: (await sql.query<Snapshot['missingRoles'][number]>(MISSING_ROLES, [ROLES, bounds.lostMs])).rows,
  };
}

async function one<Row>(sql: Sql, statement: string, values: unknown[]): Promise<Row> {
  return (await sql.query<Row>(statement, values)).rows[0]!;
}

/** $1 ms of window, $2 sample, $3 rows counted at most, $4 charged attempts, $5 uncharged ones. */
export const OUTBOX = `
  SELECT (
    SELECT json_build_object('total', count(*), 'failed', count(*) FILTER (WHERE a.outcome <> 'delivered'),
                             'failingEndpoints', count(DISTINCT o.endpoint_id) FILTER (WHERE a.outcome <> 'delivered'))
      FROM (
        -- ids are UUIDv7, so the end of the primary key holds the attempts of the latest webhooks
        SELECT outbox_id, outcome FROM postback.webhook_attempts
         WHERE outbox_id >= (lpad(to_hex((extract(epoch FROM now()) * 1000 - $1::bigint)::bigint), 12, '0') || repeat('0', 20))::uuid
           AND outcome <> 'released'
         ORDER BY outbox_id DESC LIMIT $2
      ) a
      JOIN postback.webhook_outbox o ON o.id = a.outbox_id
  ) AS attempts, (
    SELECT json_build_object('rows', count(*), 'endpoints', count(DISTINCT endpoint_id))
      FROM (SELECT endpoint_id FROM postback.webhook_outbox
             WHERE status = 'dead' AND dead_reason <> 'endpoint_deleted' LIMIT $3) d
  ) AS dead, (
    SELECT json_build_object('rows', count(*), 'endpoints', count(DISTINCT endpoint_id), 'most', coalesce(max(attempts_charged), 0),
                             'url', (array_agg(url))[1])
      FROM (SELECT endpoint_id, attempts_charged, url FROM postback.webhook_outbox
             WHERE status IN ('pending', 'delivering') AND attempts_charged >= 5 -- as in the index's predicate
               AND attempts_charged >= $4 ORDER BY attempts_charged DESC LIMIT $3) r
  ) AS retrying, (
    SELECT json_build_object('rows', count(*), 'endpoints', count(DISTINCT endpoint_id), 'most', coalesce(max(uncharged_streak), 0),
                             'url', (array_agg(url))[1], 'error', (array_agg(last_error))[1])
      FROM (SELECT endpoint_id, uncharged_streak, url, last_error FROM postback.webhook_outbox
             WHERE status IN ('pending', 'delivering') AND uncharged_streak >= 5 -- likewise
               AND uncharged_streak >= $5 ORDER BY uncharged_streak DESC LIMIT $3) u
  ) AS uncharged, (
    SELECT json_build_object('ageMs', extract(epoch FROM now() - next_attempt_at) * 1000, 'outboxId', id, 'endpointId', endpoint_id, 'url', url)
      FROM postback.webhook_outbox
     WHERE status IN ('pending', 'delivering') AND next_attempt_at <= now()
     ORDER BY next_attempt_at LIMIT 1
  ) AS "oldestDue"`;

export const QUEUE = `
  SELECT (
    SELECT json_build_object('ageMs', extract(epoch FROM now() - next_run_at) * 1000, 'taskId', id, 'type', type)
      FROM postback.tasks WHERE status = 'queued' AND next_run_at <= now() ORDER BY next_run_at LIMIT 1
  ) AS "oldestQueued"`;

/** $1 ms. A loose index scan: from each endpoint with held rows straight to the next, however many rows wait for it. */
export const HELD = `
  WITH RECURSIVE waiting AS (
    (SELECT endpoint_id, held_at FROM postback.webhook_outbox WHERE status = 'held' ORDER BY endpoint_id, held_at LIMIT 1)
    UNION ALL
    SELECT n.endpoint_id, n.held_at FROM waiting w CROSS JOIN LATERAL (
      SELECT o.endpoint_id, o.held_at FROM postback.webhook_outbox o
       WHERE o.status = 'held' AND o.endpoint_id > w.endpoint_id ORDER BY o.endpoint_id, o.held_at LIMIT 1
    ) n
  )
  SELECT extract(epoch FROM now() - w.held_at)::float8 * 1000 AS "ageMs", w.endpoint_id AS "endpointId", e.tenant, e.origin AS url
    FROM waiting w JOIN postback.webhook_endpoints e ON e.id = w.endpoint_id
   WHERE w.held_at <= now() - $1 * interval '1 ms'`;

export const BLOCKED = `
  SELECT id AS "endpointId", tenant, origin AS url, state, state_reason AS reason, breaker, consecutive_failures AS failures
    FROM postback.webhook_endpoints
   WHERE (state <> 'active' OR breaker <> 'closed' OR deleted_at IS NOT NULL) -- as in the index's predicate
     AND (state = 'disabled' OR breaker <> 'closed') AND deleted_at IS NULL`;

/**
 * $1 roles, $2 ms of silence. A role is missed since it was last seen, and not before there was anybody to miss it: after a night
 * off, the first process to start gives the others their time.
 */
const MISSING_ROLES = `
  WITH alive AS (
    SELECT roles, started_at FROM postback.processes WHERE heartbeat_at >= now() - $2 * interval '1 ms'
  ), seen AS (
    INSERT INTO postback.role_sightings AS s (role, seen_at) SELECT DISTINCT unnest(roles), now() FROM alive
    ON CONFLICT (role) DO UPDATE SET seen_at = excluded.seen_at
    RETURNING role
  )
  SELECT r.role, extract(epoch FROM now() - greatest(s.seen_at, (SELECT min(started_at) FROM alive)))::float8 * 1000 AS "missingMs"
    FROM unnest($1::text[]) AS r (role)
    LEFT JOIN postback.role_sightings s ON s.role = r.role
   WHERE r.role NOT IN (SELECT role FROM seen) AND EXISTS (SELECT FROM alive)`;
