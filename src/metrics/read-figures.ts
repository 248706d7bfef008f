import { HELD } from '../alerts/read-snapshot.js';
import type { Sql } from '../platform/database/sql.js';
import type { Figures } from './figures.js';

/** Rows counted at most: a backlog that is larger than this is large enough to be seen. */
export const COUNT_MAX = 100_000;

/**
 * Six statements along partial indexes of rows that are still on their way, or wait for a person: what has ended well costs nothing,
 * however much of it there is.
 *
 * @param lostMs silence after which a process is taken for dead
 */
export async function readFigures(sql: Sql, lostMs: number): Promise<Figures> {
  return {
    tasks: (await sql.query<Figures['tasks'][number]>(TASKS, [COUNT_MAX])).rows,
    outbox: (await sql.query<Figures['outbox']>(OUTBOX, [0, COUNT_MAX])).rows[0]!,
    dead: (await sql.query<Figures['dead'][number]>(DEAD, [COUNT_MAX])).rows,
    endpoints: (await sql.query<Figures['endpoints']>(ENDPOINTS)).rows[0]!,
    processes: (await sql.query<Figures['processes'][number]>(PROCESSES, [lostMs])).rows,
    alerts: (await sql.query<Figures['alerts'][number]>(ALERTS)).rows,
  };
}

export const TASKS = `
  SELECT type, status, count(*)::int AS count, count(*) FILTER (WHERE next_run_at <= now())::int AS due,
         extract(epoch FROM now() - min(next_run_at) FILTER (WHERE next_run_at <= now()))::float8 AS "oldestSeconds"
    FROM (
      -- longest waiting first, so that the age holds beyond the bound
      (SELECT type, status, next_run_at FROM postback.tasks WHERE status = 'queued' ORDER BY next_run_at LIMIT $1)
      UNION ALL
      (SELECT type, status, NULL FROM postback.tasks WHERE status IN ('running', 'canceling') LIMIT $1)
    ) t
   GROUP BY type, status`;

/** $1 is 0: of all held rows; $2 rows counted at most. */
export const OUTBOX = `
  WITH n AS (
    SELECT (SELECT count(*) FROM (SELECT FROM postback.webhook_outbox WHERE status IN ('pending', 'delivering') LIMIT $2) l)::int AS live,
           (SELECT count(*) FROM (SELECT FROM postback.webhook_outbox WHERE status = 'delivering' LIMIT $2) f)::int AS delivering,
           (SELECT count(*) FROM (SELECT FROM postback.webhook_outbox WHERE status = 'held' LIMIT $2) h)::int AS held,
           (SELECT count(*) FROM (SELECT FROM postback.webhook_outbox
                                   WHERE status IN ('pending', 'delivering') AND next_attempt_at <= now() LIMIT $2) d)::int AS due
  )
  SELECT greatest(live - delivering, 0) AS pending, delivering, held, due, (
           SELECT extract(epoch FROM now() - next_attempt_at)::float8 FROM postback.webhook_outbox
            WHERE status IN ('pending', 'delivering') AND next_attempt_at <= now() ORDER BY next_attempt_at LIMIT 1
         ) AS "oldestDueSeconds",
         (SELECT max("ageMs") / 1000 FROM (${HELD}) held) AS "oldestHeldSeconds"
    FROM n`;

export const DEAD = `
  SELECT dead_reason AS reason, count(*)::int AS count
    FROM (SELECT dead_reason FROM postback.webhook_outbox WHERE status = 'dead' LIMIT $1) d
   GROUP BY 1`;

const ENDPOINTS = `
  SELECT count(*) FILTER (WHERE state = 'paused')::int AS paused, count(*) FILTER (WHERE state = 'disabled')::int AS disabled,
         count(*) FILTER (WHERE breaker = 'open')::int AS "breakerOpen", count(*) FILTER (WHERE breaker = 'half_open')::int AS "breakerHalfOpen"
    FROM postback.webhook_endpoints
   WHERE (state <> 'active' OR breaker <> 'closed' OR deleted_at IS NOT NULL) -- as in the index's predicate
     AND deleted_at IS NULL`;

const PROCESSES = `
  SELECT role, count(*)::int AS count
    FROM postback.processes CROSS JOIN LATERAL unnest(roles) AS r (role)
   WHERE heartbeat_at >= now() - $1 * interval '1 ms'
   GROUP BY role`;

const ALERTS = 'SELECT kind, count(*)::int AS count FROM postback.alerts WHERE resolved_at IS NULL GROUP BY kind';
