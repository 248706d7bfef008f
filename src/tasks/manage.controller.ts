import { Controller, Delete, Get, Headers, HttpCode, HttpStatus, Param, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiHeader, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Database } from '../platform/database/database.js';
import { ApiProblems } from '../platform/http/api-problems.js';
import { decodeCursor, type Page, toPage } from '../platform/http/page.js';
import { Caller, Needs, type Principal } from '../platform/http/principal.js';
import { notFound, Problem } from '../platform/http/problem.js';
import { dtoPipe } from '../platform/http/query.pipe.js';
import { isId, newId } from '../platform/ids.js';
import { WakeUps } from '../platform/lifecycle/wake-ups.js';
import { Acceptance, acceptedHeaders } from './acceptance.js';
import { eraseTask } from './erase-task.js';
import { listTasks, showSummary } from './list-tasks.js';
import { erased, taskProblems } from './look-at-task.js';
import { QueueRoom } from './queue-room.js';
import { retryTask } from './retry-task.js';
import { AcceptedView, TaskPage, type TaskSummary } from './task.dto.js';
import { TasksQuery } from './tasks-query.dto.js';

/** A tenant's own tasks: looked through, done again, forgotten. */
@ApiTags('tasks')
@Controller('tasks')
@Needs('submit', 'admin')
export class ManageController {
  constructor(
    private readonly acceptance: Acceptance,
    private readonly database: Database,
    private readonly room: QueueRoom,
    private readonly wakeUps: WakeUps,
  ) {}

  @Get()
  @Needs('read', 'submit', 'admin')
  @ApiOperation({ summary: 'List the tasks', operationId: 'tasks_list' })
  @ApiOkResponse({ type: TaskPage, description: 'A page of tasks, newest first, without their results.' })
  @ApiProblems({ 422: { validation_failed: 'A filter, `limit` or `cursor` cannot be accepted.' } })
  async list(@Query(dtoPipe) { limit, cursor, ...filter }: TasksQuery, @Caller() { tenant }: Principal): Promise<Page<TaskSummary>> {
    const rows = await listTasks(this.database, tenant, filter, decodeCursor(cursor), limit + 1);
    return toPage(rows, limit, (row) => ({ createdAt: row.position, id: row.task_id }), showSummary);
  }

  @Post(':id/retry')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'tasks_retry',
    summary: 'Do a task again',
    description: 'A new task with the same input, metadata, time-out and webhooks; `retried_from` names the old one, which stays as it is.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'As at a submit: sent again, it gets the first answer again and makes no second task.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
  })
  @ApiAcceptedResponse({ type: AcceptedView, description: 'The new task is stored and will run.', headers: acceptedHeaders })
  @ApiProblems({
    404: taskProblems[404],
    409: { not_finished: 'The task has not ended yet.' },
    410: { erased: 'The task was erased, and its input with it.' },
    429: { queue_full: 'Too many tasks of this tenant wait for a run (`POSTBACK_TENANT_MAX_QUEUED`).' },
    422: {
      validation_failed: 'The Idempotency-Key cannot be accepted.',
      idempotency_mismatch: 'The Idempotency-Key was used before, for another request.',
    },
  })
  async retry(
    @Param('id') id: string,
    @Headers('idempotency-key') key: string | undefined,
    @Caller() { tenant }: Principal,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (!isId(id)) throw notFound('This task');
    const retriedFrom = id.toLowerCase();
    const taskId = newId();
    const idempotency = this.acceptance.claim(tenant, key, { retry: retriedFrom });
    const response = this.acceptance.body(taskId, 'Your task has been accepted again. It is a new task; follow it with the links.');
    const retry = { taskId, tenant, retriedFrom, idempotency, response };
    const retried = (await this.room.takeOrAnswer(retry)) ?? (await retryTask(this.database, retry));
    switch (retried.kind) {
      case 'unknown':
        throw notFound('This task');
      case 'erased':
        throw erased();
      case 'not_finished':
        throw new Problem(409, 'not_finished', 'This task has not ended yet, so it cannot be done again.');
      default:
        if (retried.kind === 'created') this.wakeUps.ring('task-queued');
        this.acceptance.answer(reply, retried);
    }
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'tasks_erase',
    summary: 'Erase a task that has ended',
    description:
      'Input, result, metadata, what its events say, webhook bodies and excerpts of answers. What is not delivered yet is not sent any more.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiNoContentResponse({ description: 'It is erased.' })
  @ApiProblems({ ...taskProblems, 409: { not_finished: 'The task has not ended yet; cancel it first.' } })
  async erase(@Param('id') id: string, @Caller() { tenant }: Principal): Promise<void> {
    const erasure = isId(id) ? await eraseTask(this.database, tenant, id) : 'unknown';
    switch (erasure) {
      case 'erased':
        return;
      case 'unknown':
        throw notFound('This task');
      case 'erased_before':
        throw erased();
      case 'not_finished':
        throw new Problem(409, 'not_finished', 'This task has not ended yet; cancel it, and erase it when it has.');
      default:
        throw new Error(`An erasure cannot end as ${erasure satisfies never}.`);
    }
  }
}
