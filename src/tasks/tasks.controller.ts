import { createHash } from 'node:crypto';
import { Controller, Get, Headers, HttpStatus, Param, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Database } from '../platform/database/database.js';
import { Caller, Needs, type Principal } from '../platform/http/principal.js';
import { notFound } from '../platform/http/problem.js';
import { dtoPipe } from '../platform/http/query.pipe.js';
import { isId } from '../platform/ids.js';
import { EventsQuery } from './events-query.dto.js';
import { readEvents, type TaskEventView } from './read-events.js';
import { readTask } from './read-task.js';

@ApiTags('tasks')
@Controller('tasks')
@Needs('read', 'submit', 'admin')
export class TasksController {
  constructor(private readonly database: Database) {}

  @Get(':id')
  async show(
    @Param('id') id: string,
    @Headers('if-none-match') known: string | undefined,
    @Caller() caller: Principal,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const task = isId(id) ? await readTask(this.database, caller.tenant, id) : null;
    if (task === null) throw notFound('This task');
    const etag = `"${createHash('sha256').update(task).digest('base64url').slice(0, 22)}"`;
    void reply.headers({ etag, 'cache-control': 'private, no-cache' });
    if (known === etag) void reply.status(HttpStatus.NOT_MODIFIED).send();
    else void reply.type('application/json; charset=utf-8').send(task);
  }

  @Get(':id/events')
  async events(
    @Param('id') id: string,
    @Query(dtoPipe) query: EventsQuery,
    @Caller() caller: Principal,
  ): Promise<{ items: TaskEventView[]; next_cursor: string | null }> {
    const events = isId(id) ? await readEvents(this.database, caller.tenant, id, query) : null;
    if (events === null) throw notFound('This task');
    return events;
  }
}
