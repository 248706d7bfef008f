import { Controller, Get, Headers, Param, Query, Res } from '@nestjs/common';
import { ApiExtraModels, ApiHeader, ApiOperation, ApiParam, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Database } from '../platform/database/database.js';
import { ApiProblems } from '../platform/http/api-problems.js';
import { Caller, Needs, type Principal } from '../platform/http/principal.js';
import { dtoPipe } from '../platform/http/query.pipe.js';
import { EventTeller } from './event-teller.js';
import { EventsQuery } from './events-query.dto.js';
import { lookAtTask, taskProblems } from './look-at-task.js';
import { TaskEventPage } from './task.dto.js';

/** What happened to a task, as a page or as it happens. */
@ApiTags('tasks')
@ApiExtraModels(TaskEventPage)
@Controller('tasks')
@Needs('read', 'submit', 'admin')
export class EventsController {
  constructor(
    private readonly database: Database,
    private readonly teller: EventTeller,
  ) {}

  @Get(':id/events')
  @ApiOperation({
    operationId: 'tasks_events',
    summary: 'List what happened to a task, or follow it as it happens',
    description: 'With `Accept: text/event-stream` the answer is a stream of server-sent events that ends behind the terminal one.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'For a stream, and before `after`: the last `seq` that is known. Browsers send it by themselves.',
    schema: { type: 'integer', minimum: 0 },
  })
  @ApiResponse({
    status: 200,
    description: 'A page of events, or a stream of them.',
    content: {
      'application/json': { schema: { $ref: getSchemaPath(TaskEventPage) } },
      'text/event-stream': {
        schema: { type: 'string', description: '`id` is the `seq`, `event` the type, `data` the event as on a page.' },
      },
    },
  })
  @ApiResponse({ status: 204, description: 'For a stream: the task has ended, and nothing is left to tell. Browsers do not come back.' })
  @ApiProblems({
    ...taskProblems,
    422: { validation_failed: '`after`, `limit` or `Last-Event-ID` cannot be accepted.' },
    429: { too_many_streams: 'This API key has too many streams and waiting requests open.' },
    503: { too_many_streams: 'This process has too many streams open.', not_serving: 'This process is shutting down.' },
  })
  async events(
    @Param('id') id: string,
    @Query(dtoPipe) query: EventsQuery,
    @Headers() headers: Record<string, string | undefined>,
    @Caller() caller: Principal,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const task = await lookAtTask(this.database, caller.tenant, id);
    await this.teller.tell(task, { query, headers, keyId: caller.keyId }, reply);
  }
}
