import { Inject, Injectable } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';
import { AgentRegistry } from '../agents/registry.js';
import type { Config } from '../config/config.js';
import { Database } from '../platform/database/database.js';
import type { Logger } from '../platform/logging/logger.js';
import { processMetrics } from '../platform/metrics/process-metrics.js';
import { CONFIG, LOGGER, PROCESS_ID } from '../platform/tokens.js';
import { shareFigures } from './share-figures.js';
import { TableGauges } from './table-gauges.js';

/** Everything that this process can say, in Prometheus' text format. */
@Injectable()
export class Exposition {
  readonly contentType: string;
  private readonly tables: TableGauges;
  private readonly up: Gauge;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(PROCESS_ID) private readonly processId: string,
    private readonly registry: Registry,
    private readonly database: Database,
    agents: AgentRegistry,
  ) {
    this.contentType = registry.contentType;
    this.tables = new TableGauges(registry, agents.types);
    const registers = [registry];
    this.up = new Gauge({ name: 'postback_database_up', help: 'Whether this process could count the tables.', registers });
    const pool = new Gauge({
      name: 'postback_database_pool',
      help: 'Connections of this process to the database by state, and callers that wait for one.',
      labelNames: ['state'],
      registers,
      collect: () => {
        for (const [state, count] of Object.entries(database.poolState)) pool.set({ state }, count);
      },
    });
  }

  /** Answers without a database, too: what the process itself knows is wanted then more than ever. */
  async read(): Promise<string> {
    await this.count();
    return `${await this.registry.metrics()}\n${await processMetrics().metrics()}`;
  }

  private async count(): Promise<void> {
    const { http, process } = this.config;
    try {
      this.tables.show(await shareFigures(this.database, this.processId, { intervalMs: http.metricsIntervalMs, lostMs: process.lostMs }));
      this.up.set(1);
    } catch (error) {
      this.logger.warn({ event: 'metrics.count_failed', err: error }, 'Could not count the tables for /metrics');
      this.tables.clear();
      this.up.set(0);
    }
  }
}
