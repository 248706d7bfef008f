import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import type { Config } from '../config/config.js';
import { Database } from '../platform/database/database.js';
import { everyMs } from '../platform/lifecycle/periodic.js';
import type { Logger } from '../platform/logging/logger.js';
import { CONFIG, LOGGER, PROCESS_ID } from '../platform/tokens.js';
import { shareFigures } from './share-figures.js';

const EVERY_MS = 15_000;

/** Has the tables counted also when nobody scrapes, so that the console can draw what waited; no more often than the operator wants them counted. */
@Injectable()
export class SampleLevels implements OnApplicationBootstrap {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(PROCESS_ID) private readonly processId: string,
    private readonly database: Database,
    private readonly scheduler: SchedulerRegistry,
  ) {}

  onApplicationBootstrap(): void {
    everyMs(this.scheduler, this.logger, 'sample-levels', EVERY_MS, () => this.sample());
  }

  async sample(): Promise<void> {
    const { http, process } = this.config;
    const intervalMs = Math.max(EVERY_MS, http.metricsIntervalMs);
    await shareFigures(this.database, this.processId, { intervalMs, lostMs: process.lostMs });
  }
}
