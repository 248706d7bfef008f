/** An endpoint that may not be sent to. `half_open` is not among them: its probe must stay on the line. */
const BLOCKED = "(e.state <> 'active' OR e.breaker = 'open')";

const UNSEEN_ATTEMPT = `
  INSERT INTO postback.webhook_attempts (outbox_id, attempt, trigger, started_at, outcome, charged, error_code, error, claimed_by)
  SELECT id, attempts, next_trigger, claimed_at, 'unknown', false, 'lease_expired', 'The dispatcher that sent it vanished; whether it arrived is unknown.', claimed_by`;

/** $1 lost leases. Whether any of the statements below could find something to change. */
export const ANYTHING = `
  WITH flying AS MATERIALIZED ( -- apart, so that webhook_outbox_in_flight finds them, not a walk along the due times of a whole backlog
    SELECT next_attempt_at, lost_streak FROM postback.webhook_outbox WHERE status = 'delivering'
  )
  SELECT EXISTS (SELECT FROM postback.webhook_endpoints WHERE state <> 'active' OR breaker <> 'closed' OR deleted_at IS NOT NULL)
      OR EXISTS (SELECT FROM postback.webhook_outbox WHERE status = 'held')
      OR EXISTS (SELECT FROM flying WHERE next_attempt_at < now() AND lost_streak >= $1) AS anything`;

/**
 * A walk over endpoints by id, from behind $4: to the end, or until $2 endpoints were looked at or $3 rows found, at most $1 of each, so
 * that a statement is over in a moment however many endpoints there are. Ends with the id to go on behind, null at the end.
 */
const walk = (next: string, rowsOf: string) => `
  RECURSIVE walked AS (
    SELECT $4::uuid AS id, false AS chosen, 0 AS place, 0 AS found
    UNION ALL
    SELECT n.id, n.chosen, w.place + 1,
           w.found + CASE WHEN n.chosen THEN (SELECT count(*) FROM (SELECT FROM postback.webhook_outbox WHERE ${rowsOf} LIMIT $1) few)::integer ELSE 0 END
      FROM walked w CROSS JOIN LATERAL (${next}) n
     WHERE w.place < $2::integer AND w.found < $3::integer
  )`;

const WALKED = `SELECT (SELECT count(*) FROM moved)::int AS n, (SELECT id FROM walked WHERE place >= $2::integer OR found >= $3::integer) AS last`;

const TO_HOLD = "endpoint_id = n.id AND status IN ('pending', 'delivering') AND (status = 'pending' OR next_attempt_at < now())";

/** $1 rows per endpoint, $2 endpoints, $3 rows, $4 id. Rows of blocked endpoints go on the shelf, also those whose dispatcher vanished. */
export const HOLD = `
  WITH ${walk(
    `SELECT e.id, true AS chosen FROM postback.webhook_endpoints e
      WHERE (e.state <> 'active' OR e.breaker <> 'closed' OR e.deleted_at IS NOT NULL) -- as in the index's predicate
        AND ${BLOCKED} AND e.deleted_at IS NULL AND e.id > w.id
      ORDER BY e.id LIMIT 1`,
    TO_HOLD,
  )}, rows AS MATERIALIZED (
    SELECT o.* FROM walked n
     CROSS JOIN LATERAL (
       SELECT id, attempts, next_trigger, claimed_by, claimed_at, status FROM postback.webhook_outbox
        WHERE ${TO_HOLD}
        LIMIT $1 FOR UPDATE SKIP LOCKED -- in no order: any would tempt the planner into the index of all due rows
     ) o
     WHERE n.chosen
  ), unseen AS (${UNSEEN_ATTEMPT} FROM rows WHERE status = 'delivering'
  ), moved AS (
    UPDATE postback.webhook_outbox o SET status = 'held', held_at = now(), lease_token = NULL, next_attempt_at = coalesce(o.next_attempt_at, now())
      FROM rows r WHERE o.id = r.id RETURNING o.id
  )
  ${WALKED}`;

/**
 * $1 rows per endpoint, $2 endpoints, $3 rows, $4 id, $5 ms. Rows of endpoints that are free again come off the shelf, not all at once:
 * an endpoint that has just come back gets its backlog spread over the time until the next sweep. The schedule goes on where it stood.
 */
export const RELEASE = `
  WITH ${walk(
    // a loose index scan: the endpoints that have anything on the shelf
    `SELECT h.endpoint_id AS id, coalesce(e.state = 'active' AND e.breaker = 'closed' AND e.deleted_at IS NULL, true) AS chosen -- without any: off to its end
       FROM (SELECT endpoint_id FROM postback.webhook_outbox WHERE status = 'held' AND endpoint_id > w.id ORDER BY endpoint_id LIMIT 1) h
       LEFT JOIN postback.webhook_endpoints e ON e.id = h.endpoint_id`,
    "endpoint_id = n.id AND status = 'held'",
  )}, rows AS MATERIALIZED (
    SELECT o.id, row_number() OVER (PARTITION BY n.id ORDER BY o.held_at) AS place
      FROM walked n
     CROSS JOIN LATERAL (
       SELECT id, held_at FROM postback.webhook_outbox
        WHERE endpoint_id = n.id AND status = 'held' ORDER BY held_at LIMIT $1 FOR UPDATE SKIP LOCKED
     ) o
     WHERE n.chosen
  ), moved AS (
    UPDATE postback.webhook_outbox o
       SET status = 'pending', held_at = NULL,
           next_attempt_at = greatest(o.next_attempt_at, now() + (r.place - 1) * $5 / $1::numeric * interval '1 ms')
      FROM rows r WHERE o.id = r.id RETURNING o.id
  )
  ${WALKED}`;

/** A probe that was lost with its dispatcher: open again, and probed anew at once. */
export const REOPEN = `
  WITH moved AS (
    UPDATE postback.webhook_endpoints SET breaker = 'open', breaker_probe_at = now()
     WHERE (state <> 'active' OR breaker <> 'closed' OR deleted_at IS NOT NULL) AND breaker = 'half_open' AND breaker_probe_at < now()
    RETURNING id
  )
  SELECT count(*)::int AS n FROM moved`;

/** $1 ms for the probe. One row of each open endpoint whose time has come; by compare-and-set, so that only one sweep sends it. */
export const PROBE = `
  WITH probing AS (
    UPDATE postback.webhook_endpoints SET breaker = 'half_open', breaker_probe_at = now() + $1 * interval '1 ms'
     WHERE (state <> 'active' OR breaker <> 'closed' OR deleted_at IS NOT NULL)
       AND breaker = 'open' AND breaker_probe_at <= now() AND state = 'active' AND deleted_at IS NULL
       AND EXISTS (SELECT FROM postback.webhook_outbox o WHERE o.endpoint_id = webhook_endpoints.id AND o.status = 'held')
    RETURNING id
  ), moved AS (
    UPDATE postback.webhook_outbox o SET status = 'pending', held_at = NULL, next_attempt_at = now()
      FROM probing p
     WHERE o.id = (SELECT h.id FROM postback.webhook_outbox h WHERE h.endpoint_id = p.id AND h.status = 'held' ORDER BY h.held_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING o.id
  )
  SELECT count(*)::int AS n FROM moved`;

/** A row that was delivered once goes back to delivered. */
const ended = (reason: string, why: string) => `
         status = CASE WHEN o.delivered_at IS NULL THEN 'dead' ELSE 'delivered' END,
         dead_reason = CASE WHEN o.delivered_at IS NULL THEN ${reason} END,
         dead_at = CASE WHEN o.delivered_at IS NULL THEN now() END,
         held_at = NULL, lease_token = NULL, next_attempt_at = NULL, last_error = ${why}`;

/** $1 ms held at most, $2 lost leases, $3 rows of each kind. */
export const BURY = `
  WITH old AS (
    SELECT id, 'held_too_long' AS reason, 'Its endpoint stayed blocked for too long.' AS why FROM postback.webhook_outbox
     WHERE status = 'held' AND held_at < now() - $1 * interval '1 ms' LIMIT $3
  ), looping AS (
    SELECT id, 'crash_loop' AS reason, 'Each of its last dispatchers vanished while it was being sent.' AS why FROM postback.webhook_outbox
     WHERE status IN ('pending', 'delivering') AND status = 'delivering' AND next_attempt_at < now() AND lost_streak >= $2 LIMIT $3
  ), orphaned AS (
    SELECT o.id, 'endpoint_deleted' AS reason, 'Its endpoint was deleted.' AS why
      FROM postback.webhook_endpoints e
     CROSS JOIN LATERAL (
       SELECT id FROM postback.webhook_outbox WHERE endpoint_id = e.id AND status IN ('pending', 'delivering') AND (status = 'pending' OR next_attempt_at < now())
       UNION ALL
       SELECT id FROM postback.webhook_outbox WHERE endpoint_id = e.id AND status = 'held'
     ) o
     WHERE (e.state <> 'active' OR e.breaker <> 'closed' OR e.deleted_at IS NOT NULL) AND e.deleted_at IS NOT NULL LIMIT $3
  ), rows AS MATERIALIZED (
    SELECT o.id, o.attempts, o.next_trigger, o.claimed_by, o.claimed_at, o.status, b.reason, b.why
      FROM (SELECT * FROM old UNION SELECT * FROM looping UNION SELECT * FROM orphaned) b
      JOIN postback.webhook_outbox o USING (id)
     WHERE o.status IN ('pending', 'held') OR (o.status = 'delivering' AND o.next_attempt_at < now())
     ORDER BY o.id FOR UPDATE OF o SKIP LOCKED
  ), unseen AS (${UNSEEN_ATTEMPT} FROM rows WHERE status = 'delivering' ON CONFLICT DO NOTHING
  ), one AS (
    SELECT DISTINCT ON (id) id, reason, why FROM rows ORDER BY id, reason
  )
  UPDATE postback.webhook_outbox o
     SET ${ended('one.reason', 'one.why')}
    FROM one WHERE o.id = one.id
  RETURNING o.id, o.endpoint_id, o.tenant, o.task_id, o.url, o.status, o.dead_reason, o.attempts, o.last_error`;

/** $1 rows per endpoint, $2 endpoints, $3 rows, $4 id. Rows whose endpoint somebody has removed by hand: there is no foreign key that would forbid it. */
export const BURY_ORPHANS = `
  WITH ${walk(
    // a loose index scan: the endpoints that have anything on the line
    `SELECT o.endpoint_id AS id, e.id IS NULL AS chosen
       FROM (
         SELECT endpoint_id FROM postback.webhook_outbox WHERE status IN ('pending', 'delivering') AND endpoint_id > w.id ORDER BY endpoint_id LIMIT 1
       ) o
       LEFT JOIN postback.webhook_endpoints e ON e.id = o.endpoint_id`,
    TO_HOLD,
  )}, rows AS MATERIALIZED (
    SELECT o.* FROM walked n
     CROSS JOIN LATERAL (
       SELECT id, attempts, next_trigger, claimed_by, claimed_at, status FROM postback.webhook_outbox WHERE ${TO_HOLD} LIMIT $1 FOR UPDATE SKIP LOCKED
     ) o
     WHERE n.chosen
  ), unseen AS (${UNSEEN_ATTEMPT} FROM rows WHERE status = 'delivering'
  ), moved AS (
    UPDATE postback.webhook_outbox o SET ${ended("'endpoint_deleted'", "'Its endpoint does not exist any more.'")}
      FROM rows r WHERE o.id = r.id RETURNING o.id
  )
  ${WALKED}`;
