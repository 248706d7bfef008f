import { deadLetterAlerts } from '../../alerts/dead-letter.js';
import { raiseAlerts } from '../../alerts/raise.js';
import type { AlertSink } from '../../alerts/sink.js';
import type { Database } from '../../platform/database/database.js';
import type { Prepared, Tx } from '../../platform/database/sql.js';
import { failPoint } from '../../platform/lifecycle/fail-point.js';
import type { BreakerPolicy } from './breaker.js';
import type { Delivery } from './claim-due.js';
import type { NextState } from './plan-next.js';
import type { Attempt } from './send-webhook.js';
import { updateHealth } from './update-health.js';

/** An attempt that is over, and what its row becomes. */
export interface Finish {
  delivery: Delivery;
  attempt: Attempt;
  next: NextState;
}

/** What the fenced update let through. */
export interface FinishedRow {
  id: string;
  status: 'delivered' | 'pending' | 'dead';
  dead_reason: string | null;
  endpoint_id: string;
  tenant: string;
  task_id: string;
  url: string;
  attempts: number;
  /** Since the event was committed. */
  age_seconds: number;
  last_status_code: number | null;
  last_error: string | null;
}

export interface FinishParts {
  sinks: readonly AlertSink[];
  breaker: BreakerPolicy;
}

/**
 * Writes down how attempts ended: row, attempt, endpoint health, breaker and alerts in one commit, a few statements for any number
 * of rows. A row whose lease went to somebody else in the meantime is left out of all of it. Returns the rows that were written.
 *
 * @param nowMs only read against dates in Retry-After
 */
export async function finishAttempts(
  database: Database,
  parts: FinishParts,
  finishes: readonly Finish[],
  nowMs: number,
): Promise<{ rows: FinishedRow[]; alerted: boolean }> {
  const sorted = [...finishes].sort((a, b) => (a.delivery.id < b.delivery.id ? -1 : 1));
  const finished = await database.pipelined(async (tx) => {
    const [, { rows }] = await Promise.all([lockEndpoints(tx, sorted), tx.query<FinishedRow>(FINISH, columns(sorted))]);
    const written = new Set(rows.map((row) => row.id));
    const ours = sorted.filter(({ delivery }) => written.has(delivery.id));
    const alerts = [
      ...(await updateHealth(tx, ours, parts.breaker, nowMs)),
      ...deadLetterAlerts(rows.filter((row) => row.status === 'dead')),
    ];
    await raiseAlerts(tx, parts.sinks, alerts);
    failPoint('delivery.before-commit');
    return { rows, alerted: alerts.length > 0 };
  });
  failPoint('delivery.after-commit');
  return finished;
}

/** Lock order everywhere: endpoints by id, then outbox rows by id. */
async function lockEndpoints(tx: Tx, finishes: readonly Finish[]): Promise<void> {
  await tx.query(LOCK_ENDPOINTS, [[...new Set(finishes.map(({ delivery }) => delivery.endpointId))]]);
}

const LOCK_ENDPOINTS: Prepared = {
  name: 'delivery.lock-endpoints',
  text: 'SELECT id FROM postback.webhook_endpoints WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE',
};

const FINISH: Prepared = {
  name: 'delivery.finish',
  text: `
  WITH n AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[], $5::bigint[], $6::text[], $7::smallint[], $8::text[],
                         $9::boolean[], $10::integer[], $11::text[], $12::text[], $13::text[], $14::integer[], $15::boolean[], $16::text[],
                         $17::text[])
      AS n (id, lease_token, status, attempts_charged, delay_ms, dead_reason, uncharged_streak, outcome,
            charged, status_code, error_code, error, excerpt, duration_ms, thin, trigger, sent)
  ), finished AS (
    UPDATE postback.webhook_outbox o
       SET status = n.status, attempts_charged = n.attempts_charged, uncharged_streak = n.uncharged_streak, lost_streak = 0,
           next_attempt_at = CASE WHEN n.status = 'pending' THEN now() + n.delay_ms * interval '1 ms' END,
           next_trigger = 'schedule', lease_token = NULL, thin = o.thin OR n.thin, last_status_code = coalesce(n.status_code, o.last_status_code), last_error = n.error,
           dead_reason = n.dead_reason, dead_at = CASE WHEN n.status = 'dead' THEN now() END,
           delivered_at = CASE WHEN n.outcome = 'delivered' THEN coalesce(o.delivered_at, now()) ELSE o.delivered_at END
      FROM n
     WHERE o.id = n.id AND o.lease_token = n.lease_token -- the fence
    RETURNING o.id, o.status, o.dead_reason, o.endpoint_id, o.tenant, o.task_id, o.url, o.attempts, o.claimed_at, o.claimed_by,
              o.last_status_code, o.last_error, extract(epoch FROM now() - o.created_at)::float8 AS age_seconds,
              -- what is known of the attempt goes along: to join it again would need a plan that depends on how many rows there are
              n.trigger, n.duration_ms, n.outcome, n.charged, n.status_code, n.error_code, n.error, n.excerpt, n.sent
  ), attempt AS (
    INSERT INTO postback.webhook_attempts (outbox_id, attempt, trigger, started_at, duration_ms, outcome, charged, status_code,
                                           error_code, error, response_excerpt, claimed_by, sent)
    SELECT id, attempts, trigger, claimed_at, duration_ms, outcome, charged, status_code, error_code, error, excerpt, claimed_by, sent::json
      FROM finished
  )
  SELECT id, status, dead_reason, endpoint_id, tenant, task_id, url, attempts, age_seconds, last_status_code, last_error FROM finished`,
};

function columns(finishes: readonly Finish[]): unknown[] {
  const column = <T>(value: (finish: Finish) => T) => finishes.map(value);
  return [
    column(({ delivery }) => delivery.id),
    column(({ delivery }) => delivery.leaseToken),
    column(({ next }) => next.status),
    column(({ next }) => next.attemptsCharged),
    column(({ next }) => (next.status === 'pending' ? next.delayMs : null)),
    column(({ next }) => (next.status === 'dead' ? next.reason : null)),
    column(({ delivery, attempt }) => unchargedStreak(delivery, attempt)),
    column(({ attempt }) => attempt.verdict.outcome),
    column(({ attempt }) => attempt.verdict.charged),
    column(({ attempt }) => attempt.verdict.statusCode),
    column(({ attempt }) => attempt.verdict.errorCode),
    column(({ attempt }) => attempt.verdict.errorMessage),
    column(({ attempt }) => attempt.excerpt),
    column(({ attempt }) => attempt.durationMs),
    column(({ attempt }) => attempt.verdict.resendThin),
    column(({ delivery }) => delivery.trigger),
    column(({ attempt }) => (attempt.sent === undefined ? null : JSON.stringify(attempt.sent))),
  ];
}

function unchargedStreak(delivery: Delivery, { verdict }: Attempt): number {
  if (verdict.charged || verdict.outcome === 'delivered' || verdict.outcome === 'released') return 0;
  return Math.min(delivery.unchargedStreak + 1, 1_000);
}
