import type { Sql } from '../../platform/database/sql.js';

/** A row under our lease, with all that sending it takes. */
export interface Delivery {
  id: string;
  eventId: string;
  endpointId: string;
  tenant: string;
  taskId: string;
  url: string;
  leaseToken: string;
  /** Number of this attempt. */
  attempt: number;
  attemptsCharged: number;
  maxAttempts: number;
  unchargedStreak: number;
  everDelivered: boolean;
  /** Null once purged. */
  body: string | null;
  secretId: string;
  /** Null when its row is missing. */
  sealedSecret: Buffer | null;
  traceparent: string | null;
}

export interface Claim {
  limit: number;
  leaseToken: string;
  leaseMs: number;
  /** processes.id */
  claimedBy: string;
}

/** A row whose lease ran out this many times in a row is left to the sweep that buries crash loops. */
export const MAX_LOST_STREAK = 5;

/** Takes due rows, oldest first; rows whose dispatcher vanished are due when their lease ends. */
export async function claimDue(sql: Sql, { limit, leaseToken, leaseMs, claimedBy }: Claim): Promise<Delivery[]> {
  const { rows } = await sql.query<Delivery>(CLAIM, [limit, leaseToken, leaseMs, claimedBy, MAX_LOST_STREAK - 1]);
  return rows;
}

const CLAIM = `
  WITH due AS (
    SELECT id, attempts, next_trigger, claimed_by, claimed_at, status = 'delivering' AS lost
      FROM postback.webhook_outbox
     WHERE status IN ('pending', 'delivering') -- as in the index's predicate
       AND next_attempt_at <= now()
       AND NOT (status = 'delivering' AND lost_streak >= $5)
     ORDER BY next_attempt_at
     LIMIT $1
     FOR UPDATE SKIP LOCKED
  ), unseen AS (
    -- every attempt number gets a row: for the one whose owner vanished, its successor writes it
    INSERT INTO postback.webhook_attempts (outbox_id, attempt, trigger, started_at, outcome, charged, error_code, error, claimed_by)
    SELECT id, attempts, next_trigger, claimed_at, 'unknown', false, 'lease_expired', 'The dispatcher that sent it vanished; whether it arrived is unknown.', claimed_by
      FROM due WHERE lost
  ), claimed AS (
    UPDATE postback.webhook_outbox o
       SET status = 'delivering', attempts = o.attempts + 1, lost_streak = CASE WHEN due.lost THEN o.lost_streak + 1 ELSE 0 END,
           lease_token = $2, claimed_by = $4, claimed_at = now(), next_attempt_at = now() + $3 * interval '1 ms'
      FROM due WHERE o.id = due.id
    RETURNING o.*
  )
  SELECT c.id, c.event_id AS "eventId", c.endpoint_id AS "endpointId", c.tenant, c.task_id AS "taskId", c.url, c.lease_token AS "leaseToken",
         c.attempts AS attempt, c.attempts_charged AS "attemptsCharged", c.max_attempts AS "maxAttempts", c.uncharged_streak AS "unchargedStreak",
         c.delivered_at IS NOT NULL AS "everDelivered", e.body, c.secret_id AS "secretId", s.sealed AS "sealedSecret", e.traceparent
    FROM claimed c
    LEFT JOIN postback.webhook_events e ON e.id = c.event_id
    LEFT JOIN postback.webhook_secrets s ON s.id = c.secret_id
   ORDER BY c.created_at`;
