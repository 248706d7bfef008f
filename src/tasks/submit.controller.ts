import { Body, Controller, Headers, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { AnyAgent } from '../agents/agent.js';
import { AgentRegistry } from '../agents/registry.js';
import { Database } from '../platform/database/database.js';
import type { EgressRules } from '../platform/egress/rules.js';
import { ApiProblems } from '../platform/http/api-problems.js';
import { Caller, Needs, type Principal } from '../platform/http/principal.js';
import { notFound } from '../platform/http/problem.js';
import { newId } from '../platform/ids.js';
import { EGRESS_RULES } from '../platform/tokens.js';
import { readTraceparent } from '../platform/tracing/traceparent.js';
import { Tracer } from '../platform/tracing/tracer.js';
import { Acceptance, acceptedHeaders, storedHeaders } from './acceptance.js';
import { lookAtTask } from './look-at-task.js';
import { QueueRoom } from './queue-room.js';
import { readSubmit, type Submit } from './read-submit.js';
import { readTask } from './read-task.js';
import { SubmitLine } from './submit-line.js';
import type { Submission, Submitted } from './submit-tasks.js';
import { AcceptedView, TaskView } from './task.dto.js';
import { TaskWatcher } from './task-watcher.js';
import { readPreferWait, waitForTask } from './wait-for-task.js';

const preferenceApplied = { description: '`wait=n` when it was waited for.', schema: { type: 'string' } };

@ApiTags('tasks')
@Controller('agent')
export class SubmitController {
  constructor(
    @Inject(EGRESS_RULES) private readonly rules: EgressRules,
    private readonly agents: AgentRegistry,
    private readonly database: Database,
    private readonly acceptance: Acceptance,
    private readonly line: SubmitLine,
    private readonly watcher: TaskWatcher,
    private readonly room: QueueRoom,
    private readonly tracer: Tracer,
  ) {}

  @Post(':type')
  @Needs('submit', 'admin')
  @HttpCode(202)
  @ApiOperation({ summary: 'Submit a task' })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'Sent again with the same request, it gets the first answer again and makes no second task.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
  })
  @ApiHeader({
    name: 'traceparent',
    required: false,
    description: 'W3C Trace Context, version 00; sent along with the webhook. Anything else is ignored.',
    schema: { type: 'string' },
  })
  @ApiHeader({
    name: 'Prefer',
    required: false,
    description: '`wait=n` (RFC 7240): answer when the task has ended, or after n seconds, at most 60.',
    schema: { type: 'string' },
  })
  @ApiOkResponse({
    type: TaskView,
    description: 'With `Prefer: wait`: it is stored, and has ended in time.',
    headers: { ...storedHeaders, 'Preference-Applied': preferenceApplied },
  })
  @ApiAcceptedResponse({
    type: AcceptedView,
    description: 'The task is stored and will run.',
    headers: { ...acceptedHeaders, 'Preference-Applied': preferenceApplied },
  })
  @ApiProblems({
    404: { not_found: 'There is no such task type.' },
    429: { queue_full: 'Too many tasks of this tenant wait for a run (`POSTBACK_TENANT_MAX_QUEUED`).' },
    422: {
      validation_failed: 'Fields cannot be accepted; see `errors`.',
      idempotency_mismatch: 'The Idempotency-Key was used before, for another request.',
      invalid_string: 'A string or key holds a NUL character or half of a surrogate pair.',
      number_out_of_range: 'A number would not be kept exactly.',
      json_too_deep: 'The body is nested too deep.',
      duplicate_key: 'An object holds a key twice.',
      forbidden_key: 'A key would tamper with objects.',
    },
    503: { queue_full: 'More is submitted than can be stored right now. Nothing was stored; send the same request again in a moment.' },
  })
  async submit(
    @Param('type') type: string,
    @Body() body: unknown,
    @Headers() headers: Record<string, string | undefined>,
    @Caller() caller: Principal,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const submit = readSubmit(body, this.find(type), this.rules);
    const taskId = newId();
    const span = this.tracer.begin({
      name: `submit ${type}`,
      parent: readTraceparent(headers.traceparent),
      kind: 'server',
      attributes: { 'postback.task_id': taskId },
    });
    const submission = {
      ...submit,
      taskId,
      tenant: caller.tenant,
      traceparent: span.traceparent,
      idempotency: this.acceptance.claim(caller.tenant, headers['idempotency-key'], asRequest(submit)),
      response: this.acceptance.body(taskId, messageTo(submit)),
    };
    const submitted = await this.store(submission).catch((error) => {
      span.end({}, 'not_stored');
      throw error;
    });
    span.end({ 'postback.submit': submitted.kind }, null);
    const seconds = readPreferWait(headers.prefer);
    if (seconds === null || !('taskId' in submitted)) return this.acceptance.answer(reply, submitted);
    const ended = await this.waitForEnd(submitted.taskId, seconds, caller, reply);
    if (ended === null) return this.acceptance.answer(reply, submitted);
    this.acceptance.head(reply, submitted);
    void reply.status(200).send(ended);
  }

  private async store(submission: Submission): Promise<Submitted> {
    return (await this.room.takeOrAnswer(submission)) ?? this.line.submit(submission);
  }

  /** The task when it has ended in time. Whatever goes wrong here, it is stored: the answer is the 202 that it would have been without. */
  private async waitForEnd(taskId: string, seconds: number, caller: Principal, reply: FastifyReply): Promise<string | null> {
    try {
      const { ended, lastSeq } = await lookAtTask(this.database, caller.tenant, taskId);
      if (!ended) await waitForTask(this.watcher, caller.keyId, { taskId, after: lastSeq }, seconds, reply);
      void reply.header('preference-applied', `wait=${seconds}`);
      return ended || (await lookAtTask(this.database, caller.tenant, taskId)).ended ? await readTask(this.database, taskId) : null;
    } catch {
      return null;
    }
  }

  private find(type: string): AnyAgent {
    const agent = this.agents.get(type);
    if (agent === undefined) throw notFound(`The task type "${type.slice(0, 60)}"`);
    return agent;
  }
}

function messageTo({ type, webhook, endpointIds }: Submit): string {
  const told = webhook || endpointIds.length > 0 ? 'You will be notified via webhook.' : 'Poll or stream it with the links.';
  return `Your ${type} request has been accepted. ${told}`;
}

/** What an Idempotency-Key stands for: everything but what is derived from it. */
const asRequest = (submit: Submit) => ({ ...submit, webhook: submit.webhook && { ...submit.webhook, endpoint: null } });
