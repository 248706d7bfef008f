import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { everyMs } from '../lifecycle/periodic.js';
import type { Logger } from '../logging/logger.js';
import { LOGGER } from '../tokens.js';
import { Activity } from './activity.js';

const EVERY_MS = 5_000;

/** Adds what this process has counted to the table, every few seconds: a handful of rows, however much happened. */
@Injectable()
export class ActivityFlush implements OnApplicationBootstrap {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly activity: Activity,
    private readonly scheduler: SchedulerRegistry,
  ) {}

  onApplicationBootstrap(): void {
    everyMs(this.scheduler, this.logger, 'flush-activity', EVERY_MS, () => this.activity.flush());
  }
}
