import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import type { Config } from '../config/config.js';
import { everyMs } from '../platform/lifecycle/periodic.js';
import type { Logger } from '../platform/logging/logger.js';
import { CONFIG, LOGGER, PROCESS_ID } from '../platform/tokens.js';
import type { EndTaskParts } from './end-task.js';
import { reconcile } from './reconcile.js';
import { END_TASK_PARTS } from './tokens.js';
import { watchRuns } from './watch-runs.js';
import { Worker } from './worker.js';

/** What a worker does besides working, on the clock. */
@Injectable()
export class Upkeep implements OnApplicationBootstrap {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(PROCESS_ID) private readonly workerId: string,
    @Inject(END_TASK_PARTS) private readonly parts: EndTaskParts,
    private readonly scheduler: SchedulerRegistry,
    private readonly worker: Worker,
  ) {}

  onApplicationBootstrap(): void {
    const { process: rules } = this.config;
    const { heartbeatMs } = rules;
    const reconcileParts = { ...this.parts, logger: this.logger, self: this.workerId, rules };
    everyMs(this.scheduler, this.logger, 'watch-runs', heartbeatMs, () => watchRuns(this.parts, this.worker, this.workerId, heartbeatMs));
    everyMs(this.scheduler, this.logger, 'reconcile-tasks', heartbeatMs, () => reconcile(reconcileParts));
  }
}
