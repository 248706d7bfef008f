import { Module } from '@nestjs/common';
import { AgentsController } from './agents.controller.js';
import { ResultController } from './result.controller.js';
import { SubmitController } from './submit.controller.js';
import { SubmitLine } from './submit-line.js';
import { TasksController } from './tasks.controller.js';

@Module({ controllers: [AgentsController, ResultController, SubmitController, TasksController], providers: [SubmitLine] })
export class TasksModule {}
