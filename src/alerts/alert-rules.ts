import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import type { Config } from '../config/config.js';
import { Database } from '../platform/database/database.js';
import { everyMs } from '../platform/lifecycle/periodic.js';
import { WakeUps } from '../platform/lifecycle/wake-ups.js';
import type { Logger } from '../platform/logging/logger.js';
import { CONFIG, LOGGER, PROCESS_ID } from '../platform/tokens.js';
import { runRules } from './run-rules.js';
import type { AlertSink } from './sink.js';
import { ALERT_SINKS } from './tokens.js';

/** Evaluates the alert rules on the clock, in turn with the other processes. */
@Injectable()
export class AlertRules implements OnApplicationBootstrap {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(PROCESS_ID) private readonly processId: string,
    @Inject(ALERT_SINKS) private readonly sinks: readonly AlertSink[],
    private readonly database: Database,
    private readonly scheduler: SchedulerRegistry,
    private readonly wakeUps: WakeUps,
  ) {}

  onApplicationBootstrap(): void {
    everyMs(this.scheduler, this.logger, 'evaluate-alerts', this.config.alerts.intervalMs, () => this.run());
  }

  private async run(): Promise<void> {
    const { alerts, process, retention } = this.config;
    const settings = { ...alerts, lostMs: process.lostMs, keptDays: retention.deadDays };
    const evaluation = await runRules(this.database, this.sinks, this.processId, settings);
    if (evaluation === null || evaluation.raised + evaluation.reminded + evaluation.resolved === 0) return;
    this.logger.info({ event: 'alerts.evaluated', ...evaluation }, 'alerts.evaluated');
    this.wakeUps.ring('alert-due');
  }
}
