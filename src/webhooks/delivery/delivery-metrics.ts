import { Counter, Histogram, type Registry } from 'prom-client';
import type { Activity } from '../../platform/metrics/activity.js';
import { EXCHANGE_SECONDS, LAG_SECONDS, STATEMENT_SECONDS } from '../../platform/metrics/buckets.js';
import { DEAD_REASONS } from '../outbox/states.js';
import type { Finish, FinishedRow } from './finish-attempts.js';
import { ATTEMPT_OUTCOMES } from './outcome.js';

/** What this dispatcher counts. Labels are words of closed sets; nothing says whose webhook it was or where it went. */
export class DeliveryMetrics {
  private readonly attempts: Histogram<'outcome'>;
  private readonly delivered: Counter;
  private readonly dead: Counter<'reason'>;
  private readonly lag: Histogram;
  private readonly attemptsEach: Histogram<'status'>;
  private readonly claims: Histogram;

  constructor(
    registry: Registry,
    private readonly activity: Activity,
  ) {
    const registers = [registry];
    this.attempts = new Histogram({
      name: 'postback_delivery_attempt_duration_seconds',
      help: 'Time of one webhook attempt, by its outcome; its count is the number of attempts.',
      labelNames: ['outcome'],
      buckets: EXCHANGE_SECONDS,
      registers,
    });
    this.delivered = new Counter({
      name: 'postback_deliveries_delivered_total',
      help: 'Webhooks that were delivered; one sent again by hand counts again.',
      registers,
    });
    this.dead = new Counter({
      name: 'postback_deliveries_dead_total',
      help: 'Webhooks that an attempt ended for good, by the reason.',
      labelNames: ['reason'],
      registers,
    });
    this.lag = new Histogram({
      name: 'postback_delivery_lag_seconds',
      help: "Time from an event's commit to its first delivery.",
      buckets: LAG_SECONDS,
      registers,
    });
    this.attemptsEach = new Histogram({
      name: 'postback_delivery_attempts',
      help: 'Attempts that a webhook took, by how it ended.',
      labelNames: ['status'],
      buckets: [1, 2, 3, 4, 6, 8, 11, 16, 32],
      registers,
    });
    this.claims = new Histogram({
      name: 'postback_delivery_claim_duration_seconds',
      help: 'Time of one claim of due webhooks, for any number of them.',
      buckets: STATEMENT_SECONDS,
      registers,
    });
    for (const outcome of ATTEMPT_OUTCOMES) this.attempts.zero({ outcome });
    for (const reason of DEAD_REASONS) this.dead.inc({ reason }, 0);
  }

  /** An attempt that was written down, and what its row became. */
  observe({ delivery, attempt }: Finish, row: FinishedRow): void {
    this.attempts.observe({ outcome: attempt.verdict.outcome }, attempt.durationMs / 1_000);
    if (attempt.verdict.outcome !== 'released')
      this.activity.count(attempt.verdict.outcome === 'delivered' ? 'attempt.delivered' : 'attempt.failed');
    if (row.status === 'pending') return;
    this.attemptsEach.observe({ status: row.status }, row.attempts);
    if (row.status === 'dead') {
      this.dead.inc({ reason: row.dead_reason ?? 'undeliverable' });
      this.activity.count('webhook.dead');
    } else if (attempt.verdict.outcome === 'delivered') {
      this.delivered.inc();
      if (delivery.everDelivered) return;
      this.lag.observe(Math.max(0, row.age_seconds));
      this.activity.observe('delivery.lag', row.age_seconds * 1_000);
    }
  }

  observeClaim(durationMs: number): void {
    this.claims.observe(durationMs / 1_000);
  }
}
