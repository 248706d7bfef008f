import { Body, Controller, Headers, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { AnyAgent } from '../agents/agent.js';
import { AgentRegistry } from '../agents/registry.js';
import type { Config } from '../config/config.js';
import { canonicalJson } from '../platform/canonical-json.js';
import { Database } from '../platform/database/database.js';
import type { EgressRules } from '../platform/egress/rules.js';
import { ApiProblems } from '../platform/http/api-problems.js';
import { Caller, Needs, type Principal } from '../platform/http/principal.js';
import { invalid, notFound, Problem } from '../platform/http/problem.js';
import { PublicUrl } from '../platform/http/public-url.js';
import { newId } from '../platform/ids.js';
import { WakeUps } from '../platform/lifecycle/wake-ups.js';
import { Queue } from '../platform/queue/queue.js';
import { Keyring } from '../platform/secrets/keyring.js';
import { CONFIG, EGRESS_RULES } from '../platform/tokens.js';
import type { IdempotencyClaim } from './claim-idempotency-keys.js';
import { QueueRoom } from './queue-room.js';
import { readSubmit, type Submit } from './read-submit.js';
import { submitTasks } from './submit-tasks.js';
import { AcceptedView } from './task.dto.js';
import { taskLinks } from './task-links.js';

/** Seconds after which a first look at a task is worth it. */
const RETRY_AFTER_SECONDS = '2';

@ApiTags('tasks')
@Controller('agent')
export class SubmitController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(EGRESS_RULES) private readonly rules: EgressRules,
    private readonly agents: AgentRegistry,
    private readonly database: Database,
    private readonly queue: Queue,
    private readonly keyring: Keyring,
    private readonly wakeUps: WakeUps,
    private readonly publicUrl: PublicUrl,
    private readonly room: QueueRoom,
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
  @ApiAcceptedResponse({
    type: AcceptedView,
    description: 'The task is stored and will run.',
    headers: {
      Location: { description: 'The task.', schema: { type: 'string', format: 'uri' } },
      'Retry-After': { description: 'Seconds after which a first look at the task is worth it.', schema: { type: 'integer' } },
      'Idempotency-Replayed': { description: '`true` when this is the first answer again.', schema: { type: 'string', enum: ['true'] } },
    },
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
  })
  async submit(
    @Param('type') type: string,
    @Body() body: unknown,
    @Headers() headers: Record<string, string | undefined>,
    @Caller() caller: Principal,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const submit = readSubmit(body, this.find(type), this.rules);
    await this.room.take(caller.tenant);
    const taskId = newId();
    const submission = {
      ...submit,
      taskId,
      tenant: caller.tenant,
      traceparent: readTraceparent(headers.traceparent),
      idempotency: this.readIdempotencyKey(headers['idempotency-key'], submit, caller.tenant),
      response: JSON.stringify(this.accepted(taskId, submit)),
    };
    const [submitted] = await submitTasks(this.database, { queue: this.queue, keyring: this.keyring }, [submission]);
    if (submitted?.kind === 'refused') throw invalid(submitted.errors);
    if (submitted?.kind !== 'created' && submitted?.kind !== 'replayed') throw idempotencyMismatch();
    if (submitted.kind === 'created') this.wakeUps.ring('task-queued');
    void reply
      .headers({
        location: taskLinks(this.publicUrl.get(), submitted.taskId).self,
        'retry-after': RETRY_AFTER_SECONDS,
        'cache-control': 'no-store',
      })
      .headers(submitted.kind === 'replayed' ? { 'idempotency-replayed': 'true' } : {})
      .type('application/json; charset=utf-8')
      .send(submitted.response);
  }

  private find(type: string): AnyAgent {
    const agent = this.agents.get(type);
    if (agent === undefined) throw notFound(`The task type "${type.slice(0, 60)}"`);
    return agent;
  }

  private accepted(taskId: string, { type, webhook, endpointIds }: Submit): object {
    const told = webhook || endpointIds.length > 0 ? 'You will be notified via webhook.' : 'Poll or stream it with the links.';
    return {
      task_id: taskId,
      status: 'processing',
      message: `Your ${type} request has been accepted. ${told}`,
      links: taskLinks(this.publicUrl.get(), taskId),
    };
  }

  private readIdempotencyKey(key: string | undefined, submit: Submit, tenant: string): IdempotencyClaim | null {
    if (key === undefined) return null;
    if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
      throw invalid([{ field: 'Idempotency-Key', detail: 'Use 1 to 255 visible ASCII characters without spaces, a UUID for example.' }]);
    }
    const request = canonicalJson({ ...submit, webhook: submit.webhook && { ...submit.webhook, endpoint: null } });
    return {
      key,
      fingerprint: this.keyring.fingerprint('submit', tenant, request),
      ttlMs: this.config.idempotency.ttlHours * 3_600_000,
    };
  }
}

function idempotencyMismatch(): Problem {
  return new Problem(
    422,
    'idempotency_mismatch',
    'This Idempotency-Key was used before, for a different request. Use a new key for a new request.',
  );
}

/** W3C Trace Context, version 00; anything else is as good as none. */
function readTraceparent(header: string | undefined): string | null {
  return header !== undefined && /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/.test(header) ? header : null;
}
