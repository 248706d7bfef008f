import type { Sql } from '../platform/database/sql.js';
import type { AlertNotice, AlertSinkName } from './sink.js';

/** A notice under our lease. */
export interface ClaimedNotice {
  id: string;
  sink: AlertSinkName;
  /** Number of this try. */
  attempts: number;
  leaseToken: string;
  notice: AlertNotice;
}

/** Longer than any sink may take, so that a notice goes out once unless its sender dies. */
const LEASE = "interval '60 seconds'";

export async function claimNotices(sql: Sql, leaseToken: string, limit: number): Promise<ClaimedNotice[]> {
  const { rows } = await sql.query<Omit<ClaimedNotice, 'notice'> & AlertNotice>(
    `WITH due AS (
       SELECT id FROM postback.alert_deliveries
        WHERE status = 'pending' AND next_attempt_at <= now()
        ORDER BY next_attempt_at LIMIT $2 FOR UPDATE SKIP LOCKED
     ), claimed AS (
       UPDATE postback.alert_deliveries d SET attempts = d.attempts + 1, lease_token = $1, next_attempt_at = now() + ${LEASE}
         FROM due WHERE d.id = due.id RETURNING d.*
     )
     SELECT c.id, c.sink, c.attempts, c.lease_token AS "leaseToken", c.event, a.kind, a.dedup_key AS "dedupKey", a.severity, a.title, a.detail,
            a.raised_at AS "raisedAt"
       FROM claimed c JOIN postback.alerts a ON a.id = c.alert_id`,
    [leaseToken, limit],
  );
  return rows.map(({ id, sink, attempts, leaseToken: token, ...notice }) => ({ id, sink, attempts, leaseToken: token, notice }));
}

/** @param retryInMs null when it was sent, or is given up for good */
export async function finishNotice(sql: Sql, claimed: ClaimedNotice, error: string | null, retryInMs: number | null): Promise<void> {
  const status = error === null ? 'sent' : retryInMs === null ? 'failed' : 'pending';
  await sql.query(
    `UPDATE postback.alert_deliveries
        SET status = $3, last_error = $4, lease_token = NULL, next_attempt_at = now() + coalesce($5, 0) * interval '1 ms',
            sent_at = CASE WHEN $3 = 'sent' THEN now() END
      WHERE id = $1 AND lease_token = $2`,
    [claimed.id, claimed.leaseToken, status, error, retryInMs],
  );
}
