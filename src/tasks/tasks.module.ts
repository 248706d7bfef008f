import { Module } from '@nestjs/common';
import { AgentsController } from './agents.controller.js';
import { QueueRoom } from './queue-room.js';
import { ResultController } from './result.controller.js';
import { SubmitController } from './submit.controller.js';
import { TasksController } from './tasks.controller.js';

@Module({ controllers: [AgentsController, ResultController, SubmitController, TasksController], providers: [QueueRoom] })
export class TasksModule {}
