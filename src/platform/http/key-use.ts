import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { everyMs } from '../lifecycle/periodic.js';
import type { Logger } from '../logging/logger.js';
import { LOGGER } from '../tokens.js';
import { KeyCache } from './key-cache.js';
import { SessionCache } from './session-cache.js';

const EVERY_MS = 30_000;

/** Writes down when keys and sessions were last used: for all of them together, now and then, instead of at every request. */
@Injectable()
export class KeyUse implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly scheduler: SchedulerRegistry,
    private readonly keys: KeyCache,
    private readonly sessions: SessionCache,
  ) {}

  onApplicationBootstrap(): void {
    everyMs(this.scheduler, this.logger, 'note-key-use', EVERY_MS, () => this.flush());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.flush().catch(() => {}); // nothing depends on it
  }

  private async flush(): Promise<void> {
    await this.keys.flushUse();
    await this.sessions.flushUse();
  }
}
