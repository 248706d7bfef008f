import { Module } from '@nestjs/common';
import { TasksModule } from '../tasks/tasks.module.js';
import { AlertsController } from './alerts.controller.js';
import { AuditController } from './audit/audit.controller.js';
import { SessionController } from './console/session.controller.js';
import { SessionUpkeep } from './console/session-upkeep.js';
import { AdminEndpointsController } from './endpoints.controller.js';
import { KeysController } from './keys/keys.controller.js';
import { OutboxController } from './outbox.controller.js';
import { RedeliveriesController } from './redeliveries.controller.js';
import { StatsController } from './stats.controller.js';
import { AdminTasksController } from './tasks.controller.js';

@Module({
  imports: [TasksModule],
  controllers: [
    AdminEndpointsController,
    AdminTasksController,
    AlertsController,
    AuditController,
    KeysController,
    OutboxController,
    RedeliveriesController,
    SessionController,
    StatsController,
  ],
  providers: [SessionUpkeep],
})
export class AdminModule {}
