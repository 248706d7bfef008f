import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import type { Config } from '../../config/config.js';
import { Database } from '../database/database.js';
import type { Logger } from '../logging/logger.js';
import { Keyring } from '../secrets/keyring.js';
import { CONFIG, LOGGER, PROCESS_ID } from '../tokens.js';
import { version } from '../version.js';
import { everyMs } from './periodic.js';
import { PollingLoop } from './polling-loop.js';
import { heartbeat, signOff, sweepProcesses } from './process-row.js';

/** Keeps this process' row in `processes` from boot to the very end of its shutdown, also while long work drains. */
@Injectable()
export class ProcessRegistration implements OnModuleInit {
  private readonly beats: PollingLoop;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(PROCESS_ID) private readonly id: string,
    private readonly database: Database,
    private readonly scheduler: SchedulerRegistry,
    private readonly keyring: Keyring,
  ) {
    this.beats = new PollingLoop({
      name: 'heartbeat',
      intervalMs: config.process.heartbeatMs,
      runOnce: () => this.beatOrWarn(),
      onError: () => {},
    });
  }

  /** Before any loop starts: a task claimed by a process without a row would look abandoned. */
  async onModuleInit(): Promise<void> {
    await this.beat();
    this.beats.start();
    everyMs(this.scheduler, this.logger, 'sweep-processes', 60_000, () => sweepProcesses(this.database, this.config.process.lostMs));
  }

  /** While the database is still there. */
  async end(): Promise<void> {
    await this.beats.stop();
    await signOff(this.database, this.id).catch(() => {}); // its silence will tell the same, later
  }

  private async beat(): Promise<void> {
    await heartbeat(
      this.database,
      { id: this.id, roles: this.config.roles, version, masterKeyIds: this.keyring.masterKeyIds },
      this.config.process,
    );
  }

  /** At the same pace while the database is away: others give everybody two beats after its return. */
  private async beatOrWarn(): Promise<'idle'> {
    await this.beat().catch((error) =>
      this.logger.warn({ event: 'heartbeat.failed', err: error }, 'Could not write a sign of life; trying again'),
    );
    return 'idle';
  }
}
