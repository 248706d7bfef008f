import { createHash } from 'node:crypto';
import { Controller, Get, Headers, HttpStatus, Param, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Database } from '../platform/database/database.js';
import { ApiProblems } from '../platform/http/api-problems.js';
import { Caller, Needs, type Principal } from '../platform/http/principal.js';
import { notFound } from '../platform/http/problem.js';
import { dtoPipe } from '../platform/http/query.pipe.js';
import { isId } from '../platform/ids.js';
import { EventsQuery } from './events-query.dto.js';
import { readEvents } from './read-events.js';
import { readTask } from './read-task.js';
import { TaskEventPage, TaskView } from './task.dto.js';

const unknownTask = { 404: { not_found: "There is no such task among this API key's own." } };
const etag = { ETag: { description: 'Changes whenever the task does.', schema: { type: 'string' } } };

@ApiTags('tasks')
@Controller('tasks')
@Needs('read', 'submit', 'admin')
export class TasksController {
  constructor(private readonly database: Database) {}

  @Get(':id')
  @ApiOperation({ summary: 'Show a task with its result and the state of its webhook' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiHeader({ name: 'If-None-Match', required: false, description: 'The ETag of an earlier answer.', schema: { type: 'string' } })
  @ApiOkResponse({ type: TaskView, description: 'The task.', headers: etag })
  @ApiResponse({ status: 304, description: 'Nothing has changed since the answer with that ETag.', headers: etag })
  @ApiProblems(unknownTask)
  async show(
    @Param('id') id: string,
    @Headers('if-none-match') known: string | undefined,
    @Caller() caller: Principal,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const task = isId(id) ? await readTask(this.database, caller.tenant, id) : null;
    if (task === null) throw notFound('This task');
    const tag = `"${createHash('sha256').update(task).digest('base64url').slice(0, 22)}"`;
    void reply.headers({ etag: tag, 'cache-control': 'private, no-cache' });
    if (known === tag) void reply.status(HttpStatus.NOT_MODIFIED).send();
    else void reply.type('application/json; charset=utf-8').send(task);
  }

  @Get(':id/events')
  @ApiOperation({ summary: 'List what happened to a task' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: TaskEventPage, description: 'A page of events.' })
  @ApiProblems({ ...unknownTask, 422: { validation_failed: '`after` or `limit` cannot be accepted.' } })
  async events(@Param('id') id: string, @Query(dtoPipe) query: EventsQuery, @Caller() caller: Principal): Promise<TaskEventPage> {
    const events = isId(id) ? await readEvents(this.database, caller.tenant, id, query) : null;
    if (events === null) throw notFound('This task');
    return events;
  }
}
