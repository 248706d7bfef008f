import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { everyMs } from '../lifecycle/periodic.js';
import type { Logger } from '../logging/logger.js';
import { LOGGER } from '../tokens.js';
import { KeyCache } from './key-cache.js';

const EVERY_MS = 30_000;

/** Writes down when keys were last used: for all of them together, now and then, instead of at every request. */
@Injectable()
export class KeyUse implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly scheduler: SchedulerRegistry,
    private readonly keys: KeyCache,
  ) {}

  onApplicationBootstrap(): void {
    everyMs(this.scheduler, this.logger, 'note-key-use', EVERY_MS, () => this.keys.flushUse());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.keys.flushUse().catch(() => {}); // nothing depends on it
  }
}
