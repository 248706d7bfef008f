import { Module } from '@nestjs/common';
import { TasksModule } from '../tasks/tasks.module.js';
import { AlertsController } from './alerts.controller.js';
import { AuditController } from './audit/audit.controller.js';
import { SessionController } from './console/session.controller.js';
import { DeadLettersController } from './dead-letters.controller.js';
import { EndpointDetailController } from './endpoint-detail.controller.js';
import { AdminEndpointsController } from './endpoints.controller.js';
import { KeysController } from './keys/keys.controller.js';
import { OutboxController } from './outbox.controller.js';
import { RedeliveriesController } from './redeliveries.controller.js';
import { SearchController } from './search/search.controller.js';
import { ProcessesController } from './stats/processes.controller.js';
import { StatsController } from './stats/stats.controller.js';
import { TaskDetailController } from './task-detail.controller.js';
import { AdminTasksController } from './tasks.controller.js';
import { AdminUpkeep } from './upkeep.js';

@Module({
  imports: [TasksModule],
  controllers: [
    AdminEndpointsController,
    AdminTasksController,
    AlertsController,
    AuditController,
    DeadLettersController,
    EndpointDetailController,
    KeysController,
    OutboxController,
    ProcessesController,
    RedeliveriesController,
    SearchController,
    SessionController,
    StatsController,
    TaskDetailController,
  ],
  providers: [AdminUpkeep],
})
export class AdminModule {}
