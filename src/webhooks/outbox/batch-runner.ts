import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { Config } from '../../config/config.js';
import { Database } from '../../platform/database/database.js';
import { PollingLoop } from '../../platform/lifecycle/polling-loop.js';
import { WakeUps } from '../../platform/lifecycle/wake-ups.js';
import type { Logger } from '../../platform/logging/logger.js';
import { CONFIG, LOGGER } from '../../platform/tokens.js';
import { runBatchStep } from './run-batch-step.js';

/** A batch with a rate is due again after this. */
const NEXT_STEP_MS = 1_000;

/** Continues bulk redeliveries, whoever began them. Which process takes the next step does not matter. */
@Injectable()
export class BatchRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: PollingLoop;

  constructor(
    @Inject(CONFIG) config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly database: Database,
    private readonly wakeUps: WakeUps,
  ) {
    this.loop = new PollingLoop({
      name: 'redelivery',
      intervalMs: config.delivery.sweepIntervalMs, // new batches ring
      runOnce: () => this.runOnce(),
      onError: (err) => this.logger.warn({ event: 'redelivery.failed', err }, 'A step of a bulk redelivery failed; it is tried again'),
    });
  }

  onApplicationBootstrap(): void {
    this.wakeUps.on('redelivery', () => this.loop.wake());
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  private async runOnce(): Promise<'more' | 'idle'> {
    const step = await runBatchStep(this.database);
    if (step === null) return 'idle';
    const { batchId, ...counts } = step;
    this.logger.info({ event: 'redelivery.step', batch_id: batchId, ...counts }, 'redelivery.step');
    if (step.redelivered > step.held) this.wakeUps.ring('delivery-due');
    if (!step.completed) setTimeout(() => this.loop.wake(), NEXT_STEP_MS).unref();
    return 'more';
  }
}
