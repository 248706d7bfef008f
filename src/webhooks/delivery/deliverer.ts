import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { AlertSink } from '../../alerts/sink.js';
import { ALERT_SINKS } from '../../alerts/tokens.js';
import { LEASE_SLACK_MS } from '../../config/check-config.js';
import type { Config } from '../../config/config.js';
import { Clock } from '../../platform/clock.js';
import { Database } from '../../platform/database/database.js';
import { WebhookClient } from '../../platform/egress/webhook-client.js';
import { failPoint } from '../../platform/lifecycle/fail-point.js';
import { WakeUps } from '../../platform/lifecycle/wake-ups.js';
import type { Logger } from '../../platform/logging/logger.js';
import { Keyring } from '../../platform/secrets/keyring.js';
import { CONFIG, LOGGER } from '../../platform/tokens.js';
import { Tracer } from '../../platform/tracing/tracer.js';
import { attemptSpan, endAttempt } from './attempt-span.js';
import { breakerPolicy } from './breaker.js';
import type { Delivery } from './claim-due.js';
import { DeliveryMetrics } from './delivery-metrics.js';
import { OpenedHeaders } from './endpoint-headers.js';
import { type Finish, finishAttempts } from './finish-attempts.js';
import { FinishBatcher } from './finish-batcher.js';
import { logAttempt } from './log-attempt.js';
import { released, secretsUnavailable } from './outcome.js';
import { type NextState, planNext } from './plan-next.js';
import { readRetryPolicy } from './retry-policy.js';
import { type Attempt, sendWebhook } from './send-webhook.js';
import { type Signer, SigningKeys } from './signing-keys.js';

/** Of the slack, half may pass until an attempt begins; the other half is for writing down how it ended. */
const FINISH_RESERVE_MS = LEASE_SLACK_MS / 2;
/** Finishes written with one commit. */
const MAX_BATCH = 200;

/** A claimed row with what signs it; null when that cannot be read. */
export interface Opened {
  delivery: Delivery;
  signers: readonly Signer[] | null;
}

/** Brings claimed rows to the end of their attempt: signs, sends once, judges, and writes down what came of it. */
@Injectable()
export class Deliverer {
  private readonly shutdown = new AbortController();
  private readonly finishes: FinishBatcher;
  private readonly keys: SigningKeys;
  private readonly headers: OpenedHeaders;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(ALERT_SINKS) private readonly sinks: readonly AlertSink[],
    private readonly client: WebhookClient,
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly metrics: DeliveryMetrics,
    private readonly tracer: Tracer,
    keyring: Keyring,
    private readonly wakeUps: WakeUps,
  ) {
    this.keys = new SigningKeys(database, keyring);
    this.headers = new OpenedHeaders(database, keyring);
    this.finishes = new FinishBatcher({
      write: (batch) => this.write(batch),
      onLost: ({ delivery }, error) =>
        logger.error({ event: 'delivery.finish_failed', outbox_id: delivery.id, err: error }, 'A finish could not be written'),
      wait: (ms) => delay(ms, true, { signal: this.shutdown.signal }).catch(() => false),
      lingerMs: 5,
      maxBatch: MAX_BATCH,
    });
  }

  /** Reads what signs them. When it cannot be read, the rows are claimed already: they are put off rather than left to their lease. */
  async open(deliveries: readonly Delivery[]): Promise<Opened[]> {
    try {
      const [signerOf] = await Promise.all([this.keys.of(deliveries), this.headers.fill(deliveries)]);
      return deliveries.map((delivery) => ({ delivery, signers: delivery.secretIds.map((id) => signerOf(delivery.tenant, id)) }));
    } catch (err) {
      this.logger.warn({ event: 'dispatcher.poll_failed', err }, 'Could not read the secrets of claimed webhooks; trying them again later');
      return deliveries.map((delivery) => ({ delivery, signers: null }));
    }
  }

  /**
   * Resolves with what became of the row once that is committed, or given up.
   *
   * @param leaseEnd ms on the clock that never jumps
   * @param sent called when the exchange is over, before it is written down
   */
  async deliver(opened: Opened, leaseEnd: number, sent: () => void): Promise<NextState> {
    const attempt = await this.attempt(opened, leaseEnd);
    sent();
    failPoint('delivery.after-send');
    const { delivery } = opened;
    const next = planNext(
      attempt.verdict,
      { ...delivery, unchargedInRow: delivery.unchargedStreak },
      readRetryPolicy(delivery.retry, this.config.retry),
      { nowMs: this.clock.now(), random: this.clock.random(), maxRetryAfterMs: this.config.retry.afterMaxMs },
    );
    await this.finishes.add({ delivery, attempt, next });
    return next;
  }

  /** Cuts short what is on its way, and waits no more for a database that is away. */
  giveUp(): void {
    this.shutdown.abort();
  }

  private async attempt({ delivery, signers }: Opened, leaseEnd: number): Promise<Attempt> {
    if (signers === null) return { verdict: secretsUnavailable(), durationMs: 0, excerpt: null };
    const { leaseMs, timeoutMs: usual } = this.config.delivery;
    // an endpoint's own time-out may be older than a lease that has since been made shorter
    const timeoutMs = Math.min(delivery.timeoutMs ?? usual, leaseMs - LEASE_SLACK_MS);
    if (leaseEnd - this.clock.monotonic() < timeoutMs + FINISH_RESERVE_MS) {
      return { verdict: released('Too little of the lease was left to send it safely.'), durationMs: 0, excerpt: null };
    }
    const parts = { client: this.client, timeoutMs: usual, signal: this.shutdown.signal, nowMs: () => this.clock.now() };
    const span = this.tracer.begin(attemptSpan(delivery));
    const attempt = await sendWebhook(parts, { ...delivery, signers, timeoutMs, traceparent: span.traceparent });
    endAttempt(span, attempt);
    return attempt;
  }

  private async write(batch: readonly Finish[]): Promise<void> {
    const { rows, alerted } = await finishAttempts(
      this.database,
      { sinks: this.sinks, breaker: breakerPolicy(this.config) },
      batch,
      this.clock.now(),
    );
    const written = new Map(rows.map((row) => [row.id, row]));
    for (const finish of batch) {
      const row = written.get(finish.delivery.id);
      if (row !== undefined) this.metrics.observe(finish, row);
      logAttempt(this.logger, finish, row !== undefined);
    }
    if (alerted) this.wakeUps.ring('alert-due');
  }
}
