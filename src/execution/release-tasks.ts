import { GIVE_WAY_SOON, type Prepared, type Tx } from '../platform/database/sql.js';

/** How many tasks may have a job or run at once, over all workers. */
export interface RunLimits {
  /** Of one tenant; null: no limit. */
  perTenant: number | null;
  /** Of one type; none: no limit. */
  perType: ReadonlyMap<string, number>;
}

export interface FreeHands {
  /** How many tasks this worker can begin now. */
  hands: number;
  /** What it can run. */
  types: readonly string[];
  /** The tenant whose turn was last; '' at first. */
  after: string;
  /** The last release used up all its hands: the line is hardly shorter than they are now. */
  crowded?: boolean;
}

/** A task that left its line under the id of the job it is to get. */
export interface ReleasedTask {
  id: string;
  tenant: string;
  type: string;
  jobId: string;
}

export interface Released {
  tasks: ReleasedTask[];
  /** `after` of the next release. */
  after: string;
  /** Tenants were left unasked. */
  more: boolean;
}

/** Tenants that one release asks; the next goes on behind them. */
const TENANTS_PER_TURN = 50;
/** For tasks whose row somebody else holds locked just now: the next ones in the line go before them. */
const SPARE = 20;
const NO_LIMIT = 2_147_483_647;

/**
 * Takes tasks out of the lines of their tenants, each for a job that the caller sends in the same transaction: as many as there are hands
 * free, from those tenants first that have the fewest running, and in turn. Whoever is alone gets all hands. One release at a time, over
 * all processes and until the caller's commit, so that limits are exact: only here does what counts against them grow.
 */
export async function releaseTasks(tx: Tx, limits: RunLimits, free: FreeHands): Promise<Released> {
  const locking = tx.query(LOCK);
  const unlimited = limits.perTenant === null && limits.perType.size === 0;
  const asking = unlimited && !free.crowded ? releaseAll(tx, free) : null;
  if (asking === null) return (await Promise.all([locking, releaseInTurn(tx, limits, free)]))[1];
  const [, all] = await Promise.all([locking, asking]);
  return all ?? releaseInTurn(tx, limits, free);
}

/** When there are hands for everybody in line, nobody needs to take turns. Null, and nothing released, when there are not. */
async function releaseAll(tx: Tx, { hands, types, after }: FreeHands): Promise<Released | null> {
  const { rows } = await tx.query<ReleaseRow & { waiting: number }>(RELEASE_ALL, [hands, types]);
  return rows[0]!.waiting > hands ? null : { tasks: tasksOf(rows), after, more: false };
}

async function releaseInTurn(tx: Tx, limits: RunLimits, free: FreeHands): Promise<Released> {
  const { rows } = await tx.query<ReleaseRow & { asked: number; last_asked: string }>(RELEASE_IN_TURN, [
    free.after,
    TENANTS_PER_TURN,
    free.types,
    free.types.map((type) => limits.perType.get(type) ?? NO_LIMIT),
    limits.perTenant ?? NO_LIMIT,
    free.hands,
    SPARE,
  ]);
  const tasks = tasksOf(rows);
  const [turn] = rows;
  const more = turn !== undefined && turn.asked >= TENANTS_PER_TURN;
  return { tasks, after: tasks.at(-1)?.tenant ?? (more ? turn.last_asked : free.after), more };
}

type ReleaseRow = { id: string; tenant: string; type: string; job_id: string } | { id: null };

const tasksOf = (rows: readonly ReleaseRow[]): ReleasedTask[] =>
  rows.flatMap((row) => (row.id === null ? [] : [{ id: row.id, tenant: row.tenant, type: row.type, jobId: row.job_id }]));

/**
 * Nor does its commit wait for the disk: a release that a crash of Postgres undoes is done again. And whatever is read in this transaction
 * goes by indexes, also what was planned beside an empty table.
 */
const LOCK: Prepared = {
  name: 'execution.lock-release',
  text: `
  SELECT pg_advisory_xact_lock(hashtext('postback.release-tasks')), set_config('synchronous_commit', 'off', true),
         set_config('enable_seqscan', 'off', true), ${GIVE_WAY_SOON}`,
};

const IN_LINE = "status = 'queued' AND job_id IS NULL";

const RELEASE_ALL: Prepared = {
  name: 'execution.release-all',
  text: `
  WITH line AS MATERIALIZED (
    SELECT id FROM postback.tasks WHERE ${IN_LINE} LIMIT $1::integer + 1
  ), released AS (
    UPDATE postback.tasks t SET job_id = gen_random_uuid()
      FROM (SELECT t.id FROM line JOIN postback.tasks t ON t.id = line.id
             WHERE (SELECT count(*) FROM line) <= $1 AND t.status = 'queued' AND t.job_id IS NULL AND t.type = ANY ($2::text[]) AND t.next_run_at <= now()
               FOR UPDATE OF t SKIP LOCKED) locked
     WHERE t.id = locked.id
    RETURNING t.id, t.tenant, t.type, t.job_id
  )
  SELECT (SELECT count(*)::int FROM line) AS waiting, released.* FROM (VALUES (1)) AS one LEFT JOIN released ON true`,
};

const RELEASE_IN_TURN: Prepared = {
  name: 'execution.release-in-turn',
  text: `
  WITH RECURSIVE ahead (tenant, place) AS (
    -- from tenant to tenant by the index tasks_line, whatever the length of their lines
    (SELECT tenant, 1 FROM postback.tasks WHERE ${IN_LINE} AND tenant > $1 ORDER BY tenant LIMIT 1)
    UNION ALL
    SELECT next.tenant, place + 1
      FROM ahead, LATERAL (SELECT tenant FROM postback.tasks WHERE ${IN_LINE} AND tenant > ahead.tenant ORDER BY tenant LIMIT 1) next
     WHERE place < $2
  ), behind (tenant, place) AS (
    -- and round to where the last turn ended
    (SELECT tenant, $2 + 1 FROM postback.tasks WHERE ${IN_LINE} AND tenant <= $1 ORDER BY tenant LIMIT 1)
    UNION ALL
    SELECT next.tenant, place + 1
      FROM behind, LATERAL (SELECT tenant FROM postback.tasks WHERE ${IN_LINE} AND tenant > behind.tenant AND tenant <= $1 ORDER BY tenant LIMIT 1) next
     WHERE place < 2 * $2
  ), turn AS (
    SELECT tenant, place FROM (SELECT * FROM ahead UNION ALL SELECT * FROM behind) each ORDER BY place LIMIT $2
  ), taken AS (
    SELECT tenant, type, count(*)::int AS n FROM postback.tasks
     WHERE job_id IS NOT NULL AND status IN ('queued', 'running', 'canceling') GROUP BY tenant, type
  ), open_type AS (
    SELECT type, room FROM (
      SELECT type, most - (SELECT coalesce(sum(n), 0) FROM taken WHERE taken.type = kind.type) AS room
        FROM unnest($3::text[], $4::integer[]) AS kind (type, most)
    ) each WHERE room > 0
  ), candidate AS (
    SELECT t.id, t.tenant, t.type, turn.place,
           -- the more a tenant has running, the later his next one
           running.n + row_number() OVER (PARTITION BY t.tenant ORDER BY t.next_run_at, t.id) AS nth
      FROM turn
     CROSS JOIN LATERAL (SELECT coalesce(sum(n), 0)::int AS n FROM taken WHERE taken.tenant = turn.tenant) running
     CROSS JOIN open_type
     CROSS JOIN LATERAL (
       SELECT id, tenant, type, next_run_at FROM postback.tasks
        WHERE ${IN_LINE} AND tenant = turn.tenant AND type = open_type.type AND next_run_at <= now()
        ORDER BY next_run_at, id
        -- with many tenants nobody gets all hands; what is left over goes round once more
        LIMIT least($6, 4 * ceil($6::numeric / (SELECT count(*) FROM turn))) + $7
     ) t
  ), allowed AS (
    SELECT id, nth, place FROM (
      SELECT id, candidate.type, nth, place, row_number() OVER (PARTITION BY candidate.type ORDER BY nth, place) AS nth_of_type
        FROM candidate WHERE nth <= $5
    ) each JOIN open_type USING (type)
     WHERE nth_of_type <= room
     ORDER BY nth, place LIMIT $6 + $7
  ), locked AS (
    SELECT t.id, allowed.nth, allowed.place FROM allowed JOIN postback.tasks t ON t.id = allowed.id
     WHERE t.status = 'queued' AND t.job_id IS NULL
     ORDER BY allowed.nth, allowed.place LIMIT $6
       FOR UPDATE OF t SKIP LOCKED
  ), released AS (
    UPDATE postback.tasks t SET job_id = gen_random_uuid() FROM locked WHERE t.id = locked.id
    RETURNING t.id, t.tenant, t.type, t.job_id, locked.nth, locked.place
  )
  SELECT (SELECT count(*)::int FROM turn) AS asked, (SELECT tenant FROM turn ORDER BY place DESC LIMIT 1) AS last_asked,
         released.id, released.tenant, released.type, released.job_id
    FROM (VALUES (1)) AS one LEFT JOIN released ON true
   ORDER BY released.nth, released.place`,
};
