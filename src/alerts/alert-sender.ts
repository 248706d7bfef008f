import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { Clock } from '../platform/clock.js';
import { Database } from '../platform/database/database.js';
import { newId } from '../platform/ids.js';
import { PollingLoop } from '../platform/lifecycle/polling-loop.js';
import { WakeUps } from '../platform/lifecycle/wake-ups.js';
import type { Logger } from '../platform/logging/logger.js';
import { CONFIG, LOGGER } from '../platform/tokens.js';
import { type ClaimedNotice, claimNotices, finishNotice } from './claim-notices.js';
import { runbookLink } from './runbook.js';
import type { AlertSink, SinkAnswer } from './sink.js';
import { tellSink } from './tell-sink.js';
import { ALERT_SINKS } from './tokens.js';

const BATCH = 20;
/** With the waits below about a day and a half; an alert that nobody could be told of by then is history. */
const MAX_ATTEMPTS = 150;

/** Brings alerts to their sinks, each sink at its own pace, until it took them. */
@Injectable()
export class AlertSender implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: PollingLoop;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(ALERT_SINKS) private readonly sinks: readonly AlertSink[],
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly wakeUps: WakeUps,
  ) {
    this.loop = new PollingLoop({
      name: 'alert-sender',
      intervalMs: 5_000,
      runOnce: () => this.runOnce(),
      onError: (error) => logger.warn({ event: 'alerts.poll_failed', err: error }, 'Could not fetch alerts; trying again'),
    });
  }

  onApplicationBootstrap(): void {
    if (this.sinks.length === 0) return; // alerts are raised all the same, for the API and SQL
    this.wakeUps.on('alert-due', () => this.loop.wake());
    this.loop.start();
  }

  async runOnce(): Promise<'more' | 'idle'> {
    const names = this.sinks.map(({ name }) => name);
    const notices = await claimNotices(this.database, newId(), names, BATCH);
    await Promise.all(notices.map((notice) => this.send(notice)));
    return notices.length > 0 ? 'more' : 'idle'; // the next one for the same sink may have waited for this one
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  private async send(claimed: ClaimedNotice): Promise<void> {
    const { error } = await this.tell(claimed);
    const retryInMs = error === null || claimed.attempts >= MAX_ATTEMPTS ? null : this.waitMs(claimed.attempts);
    await finishNotice(this.database, claimed, error, retryInMs);
    this.logger[error === null ? 'info' : 'warn'](
      {
        event: 'alert.notice',
        sink: claimed.sink,
        kind: claimed.notice.kind,
        notice: claimed.notice.event,
        attempt: claimed.attempts,
        error,
        retry_in_ms: retryInMs,
      },
      'alert.notice',
    );
    if (retryInMs !== null && retryInMs < 5_000) setTimeout(() => this.loop.wake(), retryInMs + 1).unref();
  }

  private tell({ sink, notice }: ClaimedNotice): Promise<SinkAnswer> {
    const target = this.sinks.find(({ name }) => name === sink)!; // claimed by its name
    return tellSink(target, { ...notice, runbook: runbookLink(this.config.alerts.runbookUrl, notice.kind) });
  }

  /** 1 s doubling to 15 minutes, plus up to a tenth by chance. */
  private waitMs(attempts: number): number {
    const ms = Math.min(900_000, 1_000 * 2 ** Math.min(attempts - 1, 20));
    return Math.round(ms * (1 + this.clock.random() / 10));
  }
}
