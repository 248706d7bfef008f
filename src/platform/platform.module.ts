import { type DynamicModule, Inject, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Registry } from 'prom-client';
import type { Config } from '../config/config.js';
import { Clock } from './clock.js';
import { createDataSource } from './database/data-source.js';
import { Database } from './database/database.js';
import { DocumentDownloader } from './egress/document-downloader.js';
import { OperatorClient } from './egress/operator-client.js';
import { DnsResolver } from './egress/resolver.js';
import { type EgressRules, egressRules } from './egress/rules.js';
import { smtpTarget } from './egress/smtp-server.js';
import { WebhookClient } from './egress/webhook-client.js';
import { KeyCache } from './http/key-cache.js';
import { KeyUse } from './http/key-use.js';
import { PublicUrl } from './http/public-url.js';
import { RouteTable } from './http/route-table.js';
import { SessionCache } from './http/session-cache.js';
import { newId } from './ids.js';
import { ProcessRegistration } from './lifecycle/process-registration.js';
import { ShutdownSign } from './lifecycle/shutdown-sign.js';
import { WakeUpChannel } from './lifecycle/wake-up-channel.js';
import { WakeUps } from './lifecycle/wake-ups.js';
import type { Logger } from './logging/logger.js';
import { Activity } from './metrics/activity.js';
import { ActivityFlush } from './metrics/activity-flush.js';
import { Queue } from './queue/queue.js';
import type { MasterKeys } from './secrets/envelope.js';
import { Keyring } from './secrets/keyring.js';
import { CONFIG, EGRESS_RULES, LOGGER, PROCESS_ID } from './tokens.js';
import { loadTracer } from './tracing/load-tracer.js';
import { Tracer } from './tracing/tracer.js';

export interface PlatformParts {
  config: Config;
  logger: Logger;
  databaseUrl: string;
  masterKeys: MasterKeys;
  /** Whose jobs are queued and fetched. */
  taskTypes: readonly string[];
}

/** What everything stands on; global, so that no module has to name it. */
@Module({})
export class PlatformModule implements OnApplicationShutdown, OnModuleInit {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Queue) private readonly queue: Queue,
    @Inject(WebhookClient) private readonly webhooks: WebhookClient,
    @Inject(DocumentDownloader) private readonly documents: DocumentDownloader,
    @Inject(OperatorClient) private readonly operator: OperatorClient,
    @Inject(Tracer) private readonly tracer: Tracer,
    @Inject(ProcessRegistration) private readonly registration: ProcessRegistration,
    @Inject(WakeUpChannel) private readonly channel: WakeUpChannel,
    @Inject(Activity) private readonly activity: Activity,
  ) {}

  onModuleInit(): void {
    this.channel.open();
  }

  /** Last of all: whoever works has stopped in `beforeApplicationShutdown`. */
  async onApplicationShutdown(): Promise<void> {
    await this.tracer.close(); // by the operator's client
    await Promise.allSettled([
      this.webhooks.close(),
      this.documents.close(),
      this.operator.close(),
      this.queue.stop(),
      this.channel.close(),
    ]);
    await this.activity.flush().catch(() => {}); // nothing depends on it
    await this.registration.end();
    await this.database.close();
  }

  static forRoot({ config, logger, databaseUrl, masterKeys, taskTypes }: PlatformParts): DynamicModule {
    const providers = [
      { provide: CONFIG, useValue: config },
      { provide: LOGGER, useValue: logger },
      { provide: PROCESS_ID, useValue: newId() },
      { provide: EGRESS_RULES, useValue: egressRules(config.egress) },
      Clock,
      {
        provide: KeyCache,
        useFactory: (database: Database, clock: Clock) =>
          new KeyCache(database, { ttlMs: config.http.keyCacheMs, now: () => clock.monotonic() }),
        inject: [Database, Clock],
      },
      {
        provide: SessionCache,
        useFactory: (database: Database, clock: Clock) =>
          new SessionCache(database, { ttlMs: config.http.keyCacheMs, now: () => clock.monotonic() }),
        inject: [Database, Clock],
      },
      KeyUse,
      ShutdownSign,
      RouteTable,
      { provide: PublicUrl, useFactory: () => new PublicUrl(config.http.publicUrl) },
      { provide: Registry, useFactory: () => new Registry() }, // what each part counts; one per service, so that two in one process do not mix
      { provide: Activity, useFactory: (database: Database) => new Activity(database), inject: [Database] },
      ActivityFlush,
      { provide: DnsResolver, useFactory: () => new DnsResolver() }, // one cache for everything that leaves
      WakeUps,
      {
        provide: WakeUpChannel,
        useFactory: (database: Database, wakeUps: WakeUps, processId: string) =>
          new WakeUpChannel(databaseUrl, database, wakeUps, logger, processId),
        inject: [Database, WakeUps, PROCESS_ID],
      },
      ProcessRegistration,
      { provide: Database, useFactory: () => connect(config, databaseUrl) },
      { provide: Queue, useFactory: () => startQueue(config, logger, databaseUrl, taskTypes) },
      { provide: Keyring, useFactory: (database: Database) => Keyring.load(database, masterKeys), inject: [Database] },
      {
        provide: WebhookClient,
        useFactory: (rules: EgressRules, resolver: DnsResolver, clock: Clock) =>
          new WebhookClient({ rules, resolver, now: () => clock.monotonic() }),
        inject: [EGRESS_RULES, DnsResolver, Clock],
      },
      {
        provide: DocumentDownloader,
        useFactory: (rules: EgressRules, resolver: DnsResolver) =>
          new DocumentDownloader({ rules, resolver, maxBytes: config.documents.maxBytes, deadlineMs: config.documents.timeoutMs }),
        inject: [EGRESS_RULES, DnsResolver],
      },
      {
        provide: OperatorClient,
        useFactory: (resolver: DnsResolver) => new OperatorClient({ urls: operatorUrls(config), resolver }),
        inject: [DnsResolver],
      },
      { provide: Tracer, useFactory: (client: OperatorClient) => loadTracer(config, client, logger), inject: [OperatorClient] },
    ];
    return { module: PlatformModule, global: true, imports: [ScheduleModule.forRoot()], providers, exports: providers };
  }
}

async function connect(config: Config, url: string): Promise<Database> {
  const dataSource = createDataSource({ url, poolSize: config.database.pool, applicationName: `postback ${config.roles.join('+')}` });
  await dataSource.initialize();
  return new Database(dataSource);
}

async function startQueue(config: Config, logger: Logger, url: string, taskTypes: readonly string[]): Promise<Queue> {
  const onError = (error: Error) => logger.warn({ event: 'queue.error', err: error }, 'pg-boss reported an error; it goes on by itself');
  const queue = new Queue({ url, supervise: config.roles.includes('worker'), onError });
  try {
    await queue.start(taskTypes);
  } catch (error) {
    await queue.stop().catch(() => {}); // its upkeep would run on beside that of the next try
    throw error;
  }
  return queue;
}

/** Everything the operator's own config points to, and nothing a tenant can say. */
function operatorUrls({ alerts, llm, otlp }: Config): string[] {
  const pagerduty = alerts.pagerdutyKey === null ? null : alerts.pagerdutyUrl;
  const mail = alerts.smtpUrl === null ? null : smtpTarget(alerts.smtpUrl);
  return [alerts.slackUrl, pagerduty, mail, alerts.webhookUrl, llm.baseUrl, otlp.endpoint].filter((url): url is string => url !== null);
}
