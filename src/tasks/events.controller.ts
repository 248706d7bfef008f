import { Controller, Get, Headers, HttpStatus, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiExtraModels, ApiHeader, ApiOperation, ApiParam, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Config } from '../config/config.js';
import { Database } from '../platform/database/database.js';
import { ApiProblems } from '../platform/http/api-problems.js';
import { Caller, Needs, type Principal } from '../platform/http/principal.js';
import { invalid } from '../platform/http/problem.js';
import { dtoPipe } from '../platform/http/query.pipe.js';
import { CONFIG } from '../platform/tokens.js';
import { EventStream } from './event-stream.js';
import { EventsQuery } from './events-query.dto.js';
import { lookAtTask, type TaskLook, taskProblems } from './look-at-task.js';
import { readEvents } from './read-events.js';
import { TaskEventPage } from './task.dto.js';
import { TaskWatcher } from './task-watcher.js';

/** What happened to a task, as a page or as it happens. */
@ApiTags('tasks')
@ApiExtraModels(TaskEventPage)
@Controller('tasks')
@Needs('read', 'submit', 'admin')
export class EventsController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly database: Database,
    private readonly watcher: TaskWatcher,
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
    if (wantsStream(headers.accept)) this.stream(task, readLastEventId(headers['last-event-id']) ?? query.after, caller, reply);
    else void reply.send(await readEvents(this.database, task.taskId, query));
  }

  private stream(task: TaskLook, after: number, caller: Principal, reply: FastifyReply): void {
    if (task.ended && after >= task.lastSeq) return void reply.status(HttpStatus.NO_CONTENT).send();
    let stream: EventStream | null = null;
    // first, because it may be refused; nothing is taken before the next turn
    const watch = this.watcher.watch(caller.keyId, {
      taskId: task.taskId,
      after: Math.min(after, task.lastSeq), // a number from nowhere must not hide what comes
      take: (events) => stream?.send(events) ?? false,
      close: () => stream?.end(),
    });
    const headers = Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]));
    reply.hijack();
    stream = new EventStream(reply.raw, {
      headers,
      heartbeatMs: this.config.streams.heartbeatMs,
      onReady: () => watch.resume(),
      onEnd: () => watch.stop(),
    });
  }
}

const wantsStream = (accept: string | undefined) => /\btext\/event-stream\b/i.test(accept ?? '');

function readLastEventId(header: string | undefined): number | null {
  if (header === undefined || header === '') return null;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  throw invalid([{ field: 'Last-Event-ID', detail: 'Send the id of an event of this stream, which is a whole number.' }]);
}
