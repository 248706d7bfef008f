import { createHash } from 'node:crypto';
import { Controller, Get, Headers, HttpStatus, Param, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiParam, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Database } from '../platform/database/database.js';
import { ApiProblems } from '../platform/http/api-problems.js';
import { Caller, Needs, type Principal } from '../platform/http/principal.js';
import { notFound } from '../platform/http/problem.js';
import { lookAtTask, taskProblems } from './look-at-task.js';
import { readTask } from './read-task.js';
import { TaskView } from './task.dto.js';
import { TaskWatcher } from './task-watcher.js';
import { MAX_WAIT_SECONDS, readWait, waitForTask } from './wait-for-task.js';

const etag = { ETag: { description: 'Changes whenever the task does.', schema: { type: 'string' } } };

@ApiTags('tasks')
@Controller('tasks')
@Needs('read', 'submit', 'admin')
export class TasksController {
  constructor(
    private readonly database: Database,
    private readonly watcher: TaskWatcher,
  ) {}

  @Get(':id')
  @ApiOperation({ summary: 'Show a task with its result and the state of its webhook' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiQuery({
    name: 'wait',
    required: false,
    description: 'Answer when the task has ended, or after so many seconds.',
    schema: { type: 'integer', minimum: 0, maximum: MAX_WAIT_SECONDS, default: 0 },
  })
  @ApiHeader({ name: 'If-None-Match', required: false, description: 'The ETag of an earlier answer.', schema: { type: 'string' } })
  @ApiOkResponse({ type: TaskView, description: 'The task.', headers: etag })
  @ApiResponse({ status: 304, description: 'Nothing has changed since the answer with that ETag.', headers: etag })
  @ApiProblems({
    ...taskProblems,
    422: { validation_failed: '`wait` cannot be accepted.' },
    429: { too_many_streams: 'This API key has too many streams and waiting requests open.' },
    503: { too_many_streams: 'This process has too many of them open.', not_serving: 'This process is shutting down.' },
  })
  async show(
    @Param('id') id: string,
    @Query('wait') wait: unknown,
    @Headers('if-none-match') known: string | undefined,
    @Caller() caller: Principal,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const seconds = readWait(wait);
    const { taskId, ended, lastSeq } = await lookAtTask(this.database, caller.tenant, id);
    if (seconds > 0 && !ended) await waitForTask(this.watcher, caller.keyId, { taskId, after: lastSeq }, seconds, reply);
    const task = await readTask(this.database, taskId);
    if (task === null) throw notFound('This task'); // its time was over meanwhile
    const tag = `"${createHash('sha256').update(task).digest('base64url').slice(0, 22)}"`;
    void reply.headers({ etag: tag, 'cache-control': 'private, no-cache' });
    if (known === tag) void reply.status(HttpStatus.NOT_MODIFIED).send();
    else void reply.type('application/json; charset=utf-8').send(task);
  }
}
