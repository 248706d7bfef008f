import { Controller, Inject, Optional, Param, Post, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiProblems } from '../platform/http/api-problems.js';
import { Caller, Needs, type Principal } from '../platform/http/principal.js';
import { notFound, Problem } from '../platform/http/problem.js';
import { isId } from '../platform/ids.js';
import { CancellationView } from '../tasks/task.dto.js';
import { cancelTask } from './cancel-task.js';
import type { EndTaskParts } from './end-task.js';
import { END_TASK_PARTS } from './tokens.js';
import { Worker } from './worker.js';

@ApiTags('tasks')
@Controller('tasks')
export class CancelController {
  constructor(
    @Inject(END_TASK_PARTS) private readonly parts: EndTaskParts,
    @Optional() private readonly worker?: Worker,
  ) {}

  @Post(':id/cancel')
  @Needs('submit', 'admin')
  @ApiOperation({ summary: 'Cancel a task', operationId: 'tasks_cancel' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: CancellationView, description: 'It is canceled, now or before.' })
  @ApiAcceptedResponse({ type: CancellationView, description: 'Its run is told to stop. A result that is committed before that wins.' })
  @ApiProblems({
    404: { not_found: "There is no such task among this API key's own." },
    409: { task_ended: 'The task had ended otherwise.' },
  })
  async cancel(@Param('id') id: string, @Caller() caller: Principal, @Res() reply: FastifyReply): Promise<void> {
    const stage = isId(id) ? await cancelTask(this.parts, caller.tenant, id) : null;
    if (stage === null) throw notFound('This task');
    if (stage === 'canceling') this.worker?.cancel(id);
    else if (stage !== 'canceled')
      throw new Problem(409, 'task_ended', `The task ended before, as ${stage}; there is nothing left to cancel.`);
    void reply
      .status(stage === 'canceled' ? 200 : 202)
      .send({ task_id: id, status: stage === 'canceled' ? 'canceled' : 'processing', stage });
  }
}
