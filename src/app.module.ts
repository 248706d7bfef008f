import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { AdminModule } from './admin/admin.module.js';
import { createAgents } from './agents/index.js';
import { AgentRegistry } from './agents/registry.js';
import { AlertsModule } from './alerts/alerts.module.js';
import type { Config } from './config/config.js';
import { ExecutionModule } from './execution/execution.module.js';
import { HealthModule } from './health/health.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { ApiDocument } from './platform/http/api-document.js';
import { ProblemFilter } from './platform/http/problem.filter.js';
import type { Logger } from './platform/logging/logger.js';
import { PlatformModule } from './platform/platform.module.js';
import type { MasterKeys } from './platform/secrets/envelope.js';
import { LOGGER } from './platform/tokens.js';
import { TasksModule } from './tasks/tasks.module.js';
import { EndpointsModule } from './webhooks/endpoints/endpoints.module.js';
import { OutboxModule } from './webhooks/outbox/outbox.module.js';
import { RedeliveryModule } from './webhooks/outbox/redelivery.module.js';
import { WebhooksModule } from './webhooks/webhooks.module.js';

export interface AppParts {
  config: Config;
  logger: Logger;
  databaseUrl: string;
  masterKeys: MasterKeys;
}

/** The service in the roles that config gives this process. */
@Module({})
export class AppModule {
  static forRoot(parts: AppParts): DynamicModule {
    const agents = new AgentRegistry(createAgents({ demo: parts.config.demoAgents }));
    const [api, worker, dispatcher] = (['api', 'worker', 'dispatcher'] as const).map((role) => parts.config.roles.includes(role));
    return {
      module: AppModule,
      imports: [
        PlatformModule.forRoot({ ...parts, taskTypes: agents.types }),
        AgentsModule.with(agents),
        AlertsModule.forAll(),
        ...(api ? [TasksModule, EndpointsModule, OutboxModule, AdminModule, HealthModule] : []),
        ExecutionModule.forRoles({ api: api === true, worker: worker === true }),
        ...(api || dispatcher ? [RedeliveryModule] : []),
        MetricsModule.forRoles({ api: api === true }),
        ...(dispatcher ? [WebhooksModule.forDispatcher()] : []),
      ],
      providers: [{ provide: APP_FILTER, useFactory: (logger: Logger) => new ProblemFilter(logger), inject: [LOGGER] }],
    };
  }
}

/** The registry and its documentation, for whoever asks. */
@Module({})
class AgentsModule {
  static with(registry: AgentRegistry): DynamicModule {
    const providers = [{ provide: AgentRegistry, useValue: registry }, ApiDocument];
    return { module: AgentsModule, global: true, providers, exports: providers };
  }
}
