import { type DynamicModule, Module } from '@nestjs/common';
import { Registry } from 'prom-client';
import { AgentRegistry } from '../agents/registry.js';
import type { Config } from '../config/config.js';
import { Database } from '../platform/database/database.js';
import { PublicUrl } from '../platform/http/public-url.js';
import { WakeUps } from '../platform/lifecycle/wake-ups.js';
import { Activity } from '../platform/metrics/activity.js';
import { Queue } from '../platform/queue/queue.js';
import { Keyring } from '../platform/secrets/keyring.js';
import { CONFIG } from '../platform/tokens.js';
import { CancelController } from './cancel.controller.js';
import type { EndTaskParts } from './end-task.js';
import { outboxPolicy } from './outbox-policy.js';
import { TaskMetrics } from './task-metrics.js';
import { END_TASK_PARTS } from './tokens.js';
import { Upkeep } from './upkeep.js';
import { Worker } from './worker.js';

@Module({})
export class ExecutionModule {
  /** @param api whether this process answers HTTP; @param worker whether it runs tasks */
  static forRoles({ api, worker }: { api: boolean; worker: boolean }): DynamicModule {
    return {
      module: ExecutionModule,
      global: true, // the admin's routes end tasks, too
      exports: [END_TASK_PARTS],
      controllers: api ? [CancelController] : [],
      providers: [
        {
          provide: TaskMetrics,
          useFactory: (registry: Registry, activity: Activity, agents: AgentRegistry) => new TaskMetrics(registry, activity, agents.types),
          inject: [Registry, Activity, AgentRegistry],
        },
        {
          provide: END_TASK_PARTS,
          useFactory: (
            config: Config,
            database: Database,
            queue: Queue,
            keyring: Keyring,
            publicUrl: PublicUrl,
            wakeUps: WakeUps,
            metrics: TaskMetrics,
          ): EndTaskParts => ({ database, queue, wakeUps, metrics, outbox: outboxPolicy(config, keyring, publicUrl) }),
          inject: [CONFIG, Database, Queue, Keyring, PublicUrl, WakeUps, TaskMetrics],
        },
        ...(worker ? [Worker, Upkeep] : []),
      ],
    };
  }
}
