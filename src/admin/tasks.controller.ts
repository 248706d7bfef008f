import { Controller, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { cancelTask } from '../execution/cancel-task.js';
import type { EndTaskParts } from '../execution/end-task.js';
import { END_TASK_PARTS } from '../execution/tokens.js';
import { type Actor, By } from '../platform/audit/actor.js';
import { writeAudit } from '../platform/audit/write-audit.js';
import { Database } from '../platform/database/database.js';
import { ApiProblems } from '../platform/http/api-problems.js';
import { decodeCursor, type Page, toPage } from '../platform/http/page.js';
import { Needs } from '../platform/http/principal.js';
import { notFound, Problem } from '../platform/http/problem.js';
import { dtoPipe } from '../platform/http/query.pipe.js';
import { isId, newId } from '../platform/ids.js';
import { WakeUps } from '../platform/lifecycle/wake-ups.js';
import { Acceptance } from '../tasks/acceptance.js';
import { listTasks, showSummary } from '../tasks/list-tasks.js';
import { erased } from '../tasks/look-at-task.js';
import { retryTask } from '../tasks/retry-task.js';
import { AcceptedView, CancellationView } from '../tasks/task.dto.js';
import { AdminTaskPage, type AdminTaskSummary, AdminTasksQuery } from './tasks.dto.js';

const unknownTask = { 404: { not_found: 'There is no such task.' } };

/** The tasks of every tenant. */
@ApiTags('admin')
@Controller('admin/tasks')
@Needs('admin')
export class AdminTasksController {
  constructor(
    @Inject(END_TASK_PARTS) private readonly parts: EndTaskParts,
    private readonly acceptance: Acceptance,
    private readonly database: Database,
    private readonly wakeUps: WakeUps,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List tasks of every tenant', operationId: 'admin_tasks_list' })
  @ApiOkResponse({ type: AdminTaskPage, description: 'A page of tasks that match all filters, without their results.' })
  @ApiProblems({ 422: { validation_failed: 'A filter, `limit` or `cursor` cannot be accepted.' } })
  async list(@Query(dtoPipe) { limit, cursor, tenant, ...filter }: AdminTasksQuery): Promise<Page<AdminTaskSummary>> {
    const rows = await listTasks(this.database, tenant ?? null, filter, decodeCursor(cursor), limit + 1);
    return toPage(
      rows,
      limit,
      (row) => ({ createdAt: row.position, id: row.task_id }),
      (row) => ({ ...showSummary(row), tenant: row.tenant }),
    );
  }

  @Post(':id/cancel')
  @ApiOperation({ summary: 'Cancel a task of any tenant', operationId: 'admin_tasks_cancel' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: CancellationView, description: 'It is canceled, now or before.' })
  @ApiAcceptedResponse({ type: CancellationView, description: 'Its run is told to stop. A result that is committed before that wins.' })
  @ApiProblems({ ...unknownTask, 409: { task_ended: 'The task had ended otherwise.' } })
  async cancel(@Param('id') id: string, @By() by: Actor, @Res() reply: FastifyReply): Promise<void> {
    const tenant = await this.ownerOf(id);
    const stage = await cancelTask(
      this.parts,
      tenant,
      id,
      ({ before, after }) =>
        (tx) =>
          writeAudit(tx, by, { action: 'task.cancel', targetId: id, tenant, before: { stage: before }, after: { stage: after } }),
    );
    if (stage === null) throw notFound('This task');
    if (stage !== 'canceling' && stage !== 'canceled')
      throw new Problem(409, 'task_ended', `The task ended before, as ${stage}; there is nothing left to cancel.`);
    const status = stage === 'canceled' ? 'canceled' : 'processing';
    void reply.status(stage === 'canceled' ? 200 : 202).send({ task_id: id, status, stage });
  }

  @Post(':id/retry')
  @HttpCode(202)
  @ApiOperation({ summary: "Do a task of any tenant again, as a new task of that tenant's", operationId: 'admin_tasks_retry' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiAcceptedResponse({ type: AcceptedView, description: 'The new task is stored and will run.' })
  @ApiProblems({
    ...unknownTask,
    409: { not_finished: 'The task has not ended yet.' },
    410: { erased: 'The task was erased, and its input with it.' },
  })
  async retry(@Param('id') id: string, @By() by: Actor, @Res() reply: FastifyReply): Promise<void> {
    const tenant = await this.ownerOf(id);
    const taskId = newId();
    const response = this.acceptance.body(taskId, 'The task has been accepted again. It is a new task; follow it with the links.');
    const retried = await retryTask(
      this.database,
      { taskId, tenant, retriedFrom: id.toLowerCase(), idempotency: null, response },
      (tx, { stage }) =>
        writeAudit(tx, by, { action: 'task.retry', targetId: id, tenant, before: { stage }, after: { stage, retried_as: taskId } }),
    );
    switch (retried.kind) {
      case 'unknown':
        throw notFound('This task');
      case 'erased':
        throw erased();
      case 'not_finished':
        throw new Problem(409, 'not_finished', 'This task has not ended yet, so it cannot be done again.');
      default:
        this.wakeUps.ring('task-queued');
        this.acceptance.answer(reply, retried);
    }
  }

  private async ownerOf(id: string): Promise<string> {
    const { rows } = isId(id)
      ? await this.database.query<{ tenant: string }>('SELECT tenant FROM postback.tasks WHERE id = $1', [id])
      : { rows: [] };
    if (rows[0] === undefined) throw notFound('This task');
    return rows[0].tenant;
  }
}
