import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import type { Config } from '../config/config.js';
import { Database } from '../platform/database/database.js';
import { everyMs } from '../platform/lifecycle/periodic.js';
import type { Logger } from '../platform/logging/logger.js';
import { CONFIG, LOGGER } from '../platform/tokens.js';
import { purgeIdempotencyKeys, purgeTasks } from './purge-tasks.js';

const PURGE_EVERY_MS = 60_000;
const PURGE_BATCHES = 50;

/** What an API process does besides answering, on the clock. */
@Injectable()
export class TasksUpkeep implements OnApplicationBootstrap {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly database: Database,
    private readonly scheduler: SchedulerRegistry,
  ) {}

  onApplicationBootstrap(): void {
    everyMs(this.scheduler, this.logger, 'purge-tasks', PURGE_EVERY_MS, () => this.purge());
  }

  /** A bounded number of batches at each turn, one after the other, so that a large backlog of old rows crowds nothing out. */
  private async purge(): Promise<void> {
    await inBatches(() => purgeTasks(this.database, this.config.retention.tasksDays));
    await inBatches(() => purgeIdempotencyKeys(this.database));
  }
}

async function inBatches(purge: () => Promise<'more' | 'done'>): Promise<void> {
  for (let batch = 0; batch < PURGE_BATCHES; batch += 1) if ((await purge()) === 'done') return;
}
