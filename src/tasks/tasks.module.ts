import { Module } from '@nestjs/common';
import { Acceptance } from './acceptance.js';
import { AgentsController } from './agents.controller.js';
import { EventTeller } from './event-teller.js';
import { EventsController } from './events.controller.js';
import { ManageController } from './manage.controller.js';
import { QueueRoom } from './queue-room.js';
import { ResultController } from './result.controller.js';
import { SubmitController } from './submit.controller.js';
import { SubmitLine } from './submit-line.js';
import { TaskWatcher } from './task-watcher.js';
import { TasksController } from './tasks.controller.js';
import { TasksUpkeep } from './upkeep.js';

@Module({
  controllers: [AgentsController, EventsController, ManageController, ResultController, SubmitController, TasksController],
  providers: [Acceptance, EventTeller, QueueRoom, SubmitLine, TasksUpkeep, TaskWatcher],
  exports: [Acceptance, EventTeller],
})
export class TasksModule {}
