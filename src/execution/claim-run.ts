import type { Json } from '../agents/agent.js';
import type { Prepared, Sql } from '../platform/database/sql.js';
import { newId } from '../platform/ids.js';

/** A run that this process owns until it ends it, puts it back, or loses its token. */
export interface ClaimedRun {
  taskId: string;
  runToken: string;
  tenant: string;
  input: { [key: string]: Json };
  /** Charged runs before this one. */
  runs: number;
  interruptions: number;
  timeoutMs: number;
  /** W3C Trace Context of the submit; null when it had none. */
  traceparent: string | null;
}

/** A task to take, and the token to take it under. */
export interface RunClaim {
  taskId: string;
  /** The job that led here; null for a task that has none. A task that has another one by now is left to that. */
  jobId: string | null;
  runToken: string;
}

/**
 * Takes queued tasks, each under a fresh token. Returns those that it took: of the others somebody else has them, they were ended, or their
 * queue deadline is over; the jobs that led here are then of no use. May be called again with the same tokens when the answer was
 * lost with its connection: a run that a token has taken already is returned as it is.
 */
export async function claimRuns(sql: Sql, claims: readonly RunClaim[], workerId: string): Promise<ClaimedRun[]> {
  const { rows } = await sql.query<TaskRow>(CLAIM, [
    claims.map((claim) => claim.taskId),
    claims.map((claim) => claim.jobId),
    claims.map((claim) => claim.runToken),
    workerId,
    claims.map(() => newId()),
  ]);
  return rows.map((row) => ({
    taskId: row.id,
    runToken: row.run_token,
    tenant: row.tenant,
    input: row.input,
    runs: row.runs,
    interruptions: row.interruptions,
    timeoutMs: row.timeout_ms,
    traceparent: row.traceparent,
  }));
}

interface TaskRow {
  id: string;
  run_token: string;
  tenant: string;
  input: ClaimedRun['input'];
  runs: number;
  interruptions: number;
  timeout_ms: number;
  traceparent: string | null;
}

const CLAIM: Prepared = {
  name: 'execution.claim-runs',
  text: `
  WITH claim AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $5::uuid[]) AS n (id, job_id, run_token, event_id)
  ), claimed AS (
    UPDATE postback.tasks t
       SET status = 'running', run_token = n.run_token, worker_id = $4, started_at = coalesce(started_at, now()),
           run_deadline_at = now() + timeout_ms * interval '1 ms', last_seq = last_seq + 1
      FROM claim n
     WHERE t.id = n.id AND t.job_id IS NOT DISTINCT FROM n.job_id AND t.status = 'queued'
       -- the queue deadline bounds the time to the first run only
       AND (expires_at IS NULL OR started_at IS NOT NULL OR expires_at > now())
    RETURNING t.id, t.run_token, tenant, input, runs, interruptions, timeout_ms, traceparent, last_seq, n.event_id
  ), event AS (
    INSERT INTO postback.task_events (id, task_id, seq, type, data)
    SELECT event_id, id, last_seq, 'task.started', json_build_object('run', runs + 1) FROM claimed
  )
  SELECT id, run_token, tenant, input, runs, interruptions, timeout_ms, traceparent,
         -- the commit of a claim does not wait for the disk: should Postgres crash before it is there, the task is queued again, and the
         -- fence keeps out whatever the forgotten run still has to say
         set_config('synchronous_commit', 'off', true)
    FROM claimed
  UNION ALL
  -- as it stood before this statement: taken by an earlier one whose answer was lost
  SELECT t.id, t.run_token, t.tenant, t.input, t.runs, t.interruptions, t.timeout_ms, t.traceparent, NULL
    FROM postback.tasks t JOIN claim n ON t.id = n.id AND t.run_token = n.run_token`,
};
