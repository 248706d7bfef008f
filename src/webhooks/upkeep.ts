import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import type { AlertSink } from '../alerts/sink.js';
import { ALERT_SINKS } from '../alerts/tokens.js';
import type { Config } from '../config/config.js';
import { Database } from '../platform/database/database.js';
import { everyMs } from '../platform/lifecycle/periodic.js';
import { WakeUps } from '../platform/lifecycle/wake-ups.js';
import type { Logger } from '../platform/logging/logger.js';
import { Activity } from '../platform/metrics/activity.js';
import { CONFIG, LOGGER } from '../platform/tokens.js';
import { MAX_LOST_STREAK } from './delivery/claim-due.js';
import { type CollectPlace, collectAdHocEndpoints } from './endpoints/collect-endpoints.js';
import { type EventsPlace, purgeEvents } from './outbox/purge-events.js';
import { purgeOutbox, startOfPurge } from './outbox/purge-outbox.js';
import { buryOrphans, startOfSweep, sweepOutbox } from './outbox/sweep.js';

const PURGE_EVERY_MS = 60_000;
const PURGE_BATCHES = 50;
/** Turns after which the purge looks through all old rows again, for what has come to rest behind it: an hour. */
const PURGE_ANEW_AFTER = 60;

/** What a dispatcher does besides sending, on the clock. */
@Injectable()
export class Upkeep implements OnApplicationBootstrap {
  private readonly place = startOfSweep();
  private readonly collected: CollectPlace = { after: null };
  private readonly events: EventsPlace = { after: null };
  private purged = startOfPurge();
  private purges = 0;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(ALERT_SINKS) private readonly sinks: readonly AlertSink[],
    private readonly activity: Activity,
    private readonly database: Database,
    private readonly scheduler: SchedulerRegistry,
    private readonly wakeUps: WakeUps,
  ) {}

  onApplicationBootstrap(): void {
    everyMs(this.scheduler, this.logger, 'sweep-outbox', this.config.delivery.sweepIntervalMs, () => this.sweep());
    everyMs(this.scheduler, this.logger, 'purge-outbox', PURGE_EVERY_MS, () => this.purge());
  }

  /** A bounded number of batches at each turn, one after the other, so that a large backlog of old rows never crowds out the claims. */
  private async purge(): Promise<void> {
    if (this.purges % PURGE_ANEW_AFTER === 0) this.purged = startOfPurge();
    this.purges += 1;
    for (let batch = 0; batch < PURGE_BATCHES; batch += 1) {
      if ((await purgeOutbox(this.database, this.config.retention, this.purged)) === 'done') break;
    }
    await buryOrphans(this.database, this.place);
    await purgeEvents(this.database, this.events);
    await collectAdHocEndpoints(
      this.database,
      Math.max(this.config.retention.deliveredDays, this.config.retention.deadDays),
      this.collected,
    );
  }

  private async sweep(): Promise<void> {
    const { heldMaxAgeMs, leaseMs, sweepIntervalMs } = this.config.delivery;
    const swept = await sweepOutbox(
      this.database,
      this.sinks,
      {
        heldMaxAgeMs,
        maxLostStreak: MAX_LOST_STREAK,
        probeMs: leaseMs,
        spreadMs: sweepIntervalMs,
        onGivenUp: (rows) => rows > 0 && this.activity.count('webhook.dead', rows),
      },
      this.place,
    );
    if (swept.held + swept.released + swept.probes + swept.dead === 0) return;
    this.logger.info({ event: 'outbox.swept', ...swept }, 'outbox.swept');
    if (swept.released + swept.probes > 0) this.wakeUps.ring('delivery-due');
    if (swept.dead > 0) this.wakeUps.ring('alert-due');
  }
}
