import { Controller, Get, Headers, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiExtraModels, ApiHeader, ApiOkResponse, ApiOperation, ApiParam, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Config } from '../config/config.js';
import { Database } from '../platform/database/database.js';
import { ApiProblems } from '../platform/http/api-problems.js';
import { Caller, Needs, type Principal } from '../platform/http/principal.js';
import { notFound } from '../platform/http/problem.js';
import { dtoPipe } from '../platform/http/query.pipe.js';
import { CONFIG } from '../platform/tokens.js';
import { EventTeller } from '../tasks/event-teller.js';
import { EventsQuery } from '../tasks/events-query.dto.js';
import { lookAtTask } from '../tasks/look-at-task.js';
import { TaskEventPage } from '../tasks/task.dto.js';
import { readTaskDetail } from './read-task-detail.js';
import { AdminTaskView } from './task-detail.dto.js';

const problems = { 404: { not_found: 'There is no such task.' }, 410: { erased: 'The task was erased.' } };

/** One task of any tenant, looked at closely. */
@ApiTags('admin')
@ApiExtraModels(TaskEventPage)
@Controller('admin/tasks/:id')
@Needs('admin')
export class TaskDetailController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly database: Database,
    private readonly events: EventTeller,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Show a task of any tenant with its input, result, steps and worker', operationId: 'admin_tasks_show' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: AdminTaskView, description: 'The task.' })
  @ApiProblems(problems)
  async show(@Param('id') id: string, @Res() reply: FastifyReply): Promise<void> {
    const { taskId } = await lookAtTask(this.database, null, id);
    const task = await readTaskDetail(this.database, taskId, this.config.process.lostMs);
    if (task === null) throw notFound('This task'); // its time was over meanwhile
    void reply.type('application/json; charset=utf-8').send(task);
  }

  @Get('events')
  @ApiOperation({
    operationId: 'admin_tasks_events',
    summary: 'List what happened to a task of any tenant, or follow it as it happens',
    description: 'As `GET /tasks/{id}/events`.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'For a stream, and before `after`: the last `seq` that is known.',
    schema: { type: 'integer', minimum: 0 },
  })
  @ApiResponse({
    status: 200,
    description: 'A page of events, or a stream of them.',
    content: {
      'application/json': { schema: { $ref: getSchemaPath(TaskEventPage) } },
      'text/event-stream': { schema: { type: 'string', description: 'As at `GET /tasks/{id}/events`.' } },
    },
  })
  @ApiResponse({ status: 204, description: 'For a stream: the task has ended, and nothing is left to tell.' })
  @ApiProblems({
    ...problems,
    422: { validation_failed: '`after`, `limit` or `Last-Event-ID` cannot be accepted.' },
    429: { too_many_streams: 'This API key has too many streams and waiting requests open.' },
    503: { too_many_streams: 'This process has too many streams open.', not_serving: 'This process is shutting down.' },
  })
  async tell(
    @Param('id') id: string,
    @Query(dtoPipe) query: EventsQuery,
    @Headers() headers: Record<string, string | undefined>,
    @Caller() { keyId }: Principal,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.events.tell(await lookAtTask(this.database, null, id), { query, headers, keyId }, reply);
  }
}
