import type { Sql } from '../platform/database/sql.js';
import type { AlertNotice, AlertSinkName } from './sink.js';

/** A notice under our lease. */
export interface ClaimedNotice {
  sink: AlertSinkName;
  /** Number of this try. */
  attempts: number;
  leaseToken: string;
  notice: Omit<AlertNotice, 'runbook'>;
}

/** Longer than any sink may take, so that a notice goes out once unless its sender dies. */
const LEASE = "interval '60 seconds'";

/**
 * Due notices for sinks that this process knows. One alert's notices go to one sink in their order, however often the first of them
 * has to be tried: an incident that is resolved before it was triggered would stay open for ever.
 */
export async function claimNotices(sql: Sql, leaseToken: string, sinks: readonly AlertSinkName[], limit: number): Promise<ClaimedNotice[]> {
  const { rows } = await sql.query<Omit<ClaimedNotice, 'notice'> & ClaimedNotice['notice']>(
    `WITH due AS (
       SELECT d.id FROM postback.alert_deliveries d
        WHERE d.status = 'pending' AND d.next_attempt_at <= now() AND d.sink = ANY ($3)
          AND NOT EXISTS (
            SELECT FROM postback.alert_deliveries e
             WHERE e.alert_id = d.alert_id AND e.sink = d.sink AND e.status = 'pending' AND (e.created_at, e.id) < (d.created_at, d.id))
        ORDER BY d.next_attempt_at LIMIT $2 FOR UPDATE SKIP LOCKED
     ), claimed AS (
       UPDATE postback.alert_deliveries d SET attempts = d.attempts + 1, lease_token = $1, next_attempt_at = now() + ${LEASE}
         FROM due WHERE d.id = due.id RETURNING d.*
     )
     SELECT c.id, c.sink, c.attempts, c.lease_token AS "leaseToken", c.event, a.id AS "alertId", a.kind, a.severity, a.title, a.detail,
            a.raised_at AS "raisedAt", a.acknowledged_at AS "acknowledgedAt", a.acknowledged_by AS "acknowledgedBy", a.resolved_at AS "resolvedAt"
       FROM claimed c JOIN postback.alerts a ON a.id = c.alert_id`,
    [leaseToken, limit, sinks],
  );
  return rows.map(({ sink, attempts, leaseToken: token, ...notice }) => ({ sink, attempts, leaseToken: token, notice }));
}

/** @param retryInMs null when it was sent, or is given up for good */
export async function finishNotice(sql: Sql, claimed: ClaimedNotice, error: string | null, retryInMs: number | null): Promise<void> {
  const status = error === null ? 'sent' : retryInMs === null ? 'failed' : 'pending';
  await sql.query(
    `UPDATE postback.alert_deliveries
        SET status = $3, last_error = $4, lease_token = NULL, next_attempt_at = now() + coalesce($5, 0) * interval '1 ms',
            sent_at = CASE WHEN $3 = 'sent' THEN now() END
      WHERE id = $1 AND lease_token = $2`,
    [claimed.notice.id, claimed.leaseToken, status, error, retryInMs],
  );
}
