import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { AlertSink } from '../../alerts/sink.js';
import { ALERT_SINKS } from '../../alerts/tokens.js';
import type { Config } from '../../config/config.js';
import { Clock } from '../../platform/clock.js';
import { Database } from '../../platform/database/database.js';
import { WebhookClient } from '../../platform/egress/webhook-client.js';
import { newId } from '../../platform/ids.js';
import { finishWithin } from '../../platform/lifecycle/drain.js';
import { failPoint } from '../../platform/lifecycle/fail-point.js';
import { PollingLoop } from '../../platform/lifecycle/polling-loop.js';
import { WakeUps } from '../../platform/lifecycle/wake-ups.js';
import type { Logger } from '../../platform/logging/logger.js';
import { Keyring } from '../../platform/secrets/keyring.js';
import { CONFIG, LOGGER, PROCESS_ID } from '../../platform/tokens.js';
import { claimDue, type Delivery } from './claim-due.js';
import { type Finish, finishAttempts } from './finish-attempts.js';
import { FinishBatcher } from './finish-batcher.js';
import { released } from './outcome.js';
import { planNext } from './plan-next.js';
import { type Attempt, sendWebhook } from './send-webhook.js';

/** What a lease must still last beyond the exchange's own deadline: the finish has to be written, too. */
const LEASE_SLACK_MS = 2_000;
const MAX_BATCH = 200;

/** Claims due webhooks while it has send slots free, sends each once, and writes down how that ended. */
@Injectable()
export class Dispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly sending = new Set<Promise<void>>();
  private readonly shutdown = new AbortController();
  private readonly loop: PollingLoop;
  private readonly finishes: FinishBatcher;
  /** The last claim found as much as it could take; there is likely more. */
  private backlog = false;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(PROCESS_ID) private readonly processId: string,
    @Inject(ALERT_SINKS) private readonly sinks: readonly AlertSink[],
    private readonly client: WebhookClient,
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly keyring: Keyring,
    private readonly wakeUps: WakeUps,
  ) {
    this.loop = new PollingLoop({
      name: 'dispatcher',
      intervalMs: config.delivery.pollIntervalMs,
      runOnce: () => this.runOnce(),
      onError: (error) => logger.warn({ event: 'dispatcher.poll_failed', err: error }, 'Could not claim webhooks; trying again'),
    });
    this.finishes = new FinishBatcher({
      write: (batch) => this.write(batch),
      onLost: ({ delivery }, error) =>
        logger.error({ event: 'delivery.finish_failed', outbox_id: delivery.id, err: error }, 'A finish could not be written'),
      lingerMs: 5,
      maxBatch: MAX_BATCH,
    });
  }

  onApplicationBootstrap(): void {
    this.wakeUps.on('delivery-due', () => this.loop.wake());
    this.loop.start();
  }

  /** Claims no more than there are free slots: what is claimed is sent at once, under a lease that has just begun. */
  async runOnce(): Promise<'more' | 'idle'> {
    const limit = Math.min(MAX_BATCH, this.config.delivery.concurrency - this.sending.size);
    if (limit <= 0) return 'idle'; // a slot that comes free wakes the loop
    const leaseStart = this.clock.monotonic();
    const deliveries = await claimDue(this.database, {
      limit,
      leaseToken: newId(),
      leaseMs: this.config.delivery.leaseMs,
      claimedBy: this.processId,
    });
    if (deliveries.length > 0) failPoint('delivery.after-claim');
    for (const delivery of deliveries) this.start(delivery, leaseStart + this.config.delivery.leaseMs);
    this.backlog = deliveries.length === limit;
    return this.backlog ? 'more' : 'idle';
  }

  /** What is on its way may arrive; the rest is given back unharmed. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
    if (await finishWithin(this.sending, this.config.process.shutdownGraceMs)) return;
    this.shutdown.abort();
    await Promise.allSettled(this.sending);
  }

  private start(delivery: Delivery, leaseEnd: number): void {
    const work = this.deliver(delivery, leaseEnd)
      .catch((error) =>
        this.logger.error(
          { event: 'delivery.failed', outbox_id: delivery.id, err: error },
          'A delivery broke off; its lease brings it back',
        ),
      )
      .finally(() => {
        this.sending.delete(work);
        if (this.backlog) this.loop.wake();
      });
    this.sending.add(work);
  }

  private async deliver(delivery: Delivery, leaseEnd: number): Promise<void> {
    const attempt = await this.attempt(delivery, leaseEnd);
    failPoint('delivery.after-send');
    const next = planNext(attempt.verdict, { ...delivery, unchargedInRow: delivery.unchargedStreak }, this.config.retry, {
      nowMs: this.clock.now(),
      random: this.clock.random(),
      maxRetryAfterMs: this.config.retry.afterMaxMs,
    });
    await this.finishes.add({ delivery, attempt, next });
    if (next.status === 'pending') this.wakeAfter(next.delayMs);
  }

  private async attempt(delivery: Delivery, leaseEnd: number): Promise<Attempt> {
    const { timeoutMs } = this.config.delivery;
    if (leaseEnd - this.clock.monotonic() < timeoutMs + LEASE_SLACK_MS) {
      return { verdict: released('Too little of the lease was left to send it safely.'), durationMs: 0, excerpt: null };
    }
    const parts = { keyring: this.keyring, client: this.client, timeoutMs, signal: this.shutdown.signal, nowMs: () => this.clock.now() };
    return sendWebhook(parts, delivery);
  }

  private async write(batch: readonly Finish[]): Promise<void> {
    const finished = await finishAttempts(this.database, this.sinks, batch);
    const written = new Set(finished.map((row) => row.id));
    for (const finish of batch) this.log(finish, written.has(finish.delivery.id));
    if (finished.some((row) => row.status === 'dead')) this.wakeUps.ring('alert-due');
  }

  /** A retry that is due soon is not kept waiting for the poll after its time. */
  private wakeAfter(ms: number): void {
    if (ms < 10 * this.config.delivery.pollIntervalMs) setTimeout(() => this.loop.wake(), ms + 1).unref();
  }

  private log({ delivery, attempt: { verdict, durationMs }, next }: Finish, written: boolean): void {
    this.logger.info(
      {
        event: 'delivery.attempt',
        outbox_id: delivery.id,
        event_id: delivery.eventId,
        task_id: delivery.taskId,
        endpoint_id: delivery.endpointId,
        tenant: delivery.tenant,
        attempt: delivery.attempt,
        outcome: verdict.outcome,
        charged: verdict.charged,
        status_code: verdict.statusCode,
        error_code: verdict.errorCode,
        row: next.status,
        dead_reason: next.status === 'dead' ? next.reason : null,
        retry_in_ms: next.status === 'pending' ? next.delayMs : null,
        duration_ms: durationMs,
        committed: written,
      },
      'delivery.attempt',
    );
  }
}
