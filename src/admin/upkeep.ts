import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Database } from '../platform/database/database.js';
import { sweepSessions } from '../platform/http/sessions.js';
import { everyMs } from '../platform/lifecycle/periodic.js';
import type { Logger } from '../platform/logging/logger.js';
import { sweepActivity } from '../platform/metrics/activity.js';
import { LOGGER } from '../platform/tokens.js';

const EVERY_MS = 60_000;

/** Sessions that are over are refused at once, and spans that are over are in no chart; their rows go now and then. */
@Injectable()
export class AdminUpkeep implements OnApplicationBootstrap {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly database: Database,
    private readonly scheduler: SchedulerRegistry,
  ) {}

  onApplicationBootstrap(): void {
    everyMs(this.scheduler, this.logger, 'sweep-sessions', EVERY_MS, () => sweepSessions(this.database));
    everyMs(this.scheduler, this.logger, 'sweep-activity', EVERY_MS, () => sweepActivity(this.database));
  }
}
