import type { Json } from '../agents/agent.js';
import type { Sql } from '../platform/database/sql.js';
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
}

/**
 * Takes a queued task under a fresh token. Null when there is nothing to take: somebody else has it, it was ended, its time has
 * not come, or its queue deadline is over; the job that led here is then of no use. May be called again with the same token when the
 * answer was lost with its connection: a run that this token has taken already is returned as it is.
 */
export async function claimRun(sql: Sql, taskId: string, runToken: string, workerId: string): Promise<ClaimedRun | null> {
  const { rows } = await sql.query<TaskRow>(
    `WITH claimed AS (
       UPDATE postback.tasks
          SET status = 'running', run_token = $2, worker_id = $3, started_at = coalesce(started_at, now()),
              run_deadline_at = now() + timeout_ms * interval '1 ms', last_seq = last_seq + 1
        WHERE id = $1 AND status = 'queued'
          -- half a second of grace: pg-boss counts whole seconds
          AND next_run_at <= now() + interval '500 ms'
          -- the queue deadline bounds the time to the first run only
          AND (expires_at IS NULL OR started_at IS NOT NULL OR expires_at > now())
       RETURNING id, tenant, input, runs, interruptions, timeout_ms, last_seq
     ), event AS (
       INSERT INTO postback.task_events (id, task_id, seq, type, data)
       SELECT $4, id, last_seq, 'task.started', json_build_object('run', runs + 1) FROM claimed
     )
     SELECT tenant, input, runs, interruptions, timeout_ms FROM claimed`,
    [taskId, runToken, workerId, newId()],
  );
  const row = rows[0] ?? (await takenBefore(sql, taskId, runToken));
  if (row === undefined) return null;
  return {
    taskId,
    runToken,
    tenant: row.tenant,
    input: row.input,
    runs: row.runs,
    interruptions: row.interruptions,
    timeoutMs: row.timeout_ms,
  };
}

interface TaskRow {
  tenant: string;
  input: ClaimedRun['input'];
  runs: number;
  interruptions: number;
  timeout_ms: number;
}

async function takenBefore(sql: Sql, taskId: string, runToken: string): Promise<TaskRow | undefined> {
  const { rows } = await sql.query<TaskRow>(
    'SELECT tenant, input, runs, interruptions, timeout_ms FROM postback.tasks WHERE id = $1 AND run_token = $2',
    [taskId, runToken],
  );
  return rows[0];
}
