import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { Database } from '../../platform/database/database.js';
import { ApiProblems } from '../../platform/http/api-problems.js';
import { Caller, Needs, type Principal } from '../../platform/http/principal.js';
import { invalid, notFound, Problem } from '../../platform/http/problem.js';
import { validateDto } from '../../platform/http/validate-dto.js';
import { WakeUps } from '../../platform/lifecycle/wake-ups.js';
import { RedeliverFields, type TaskDelivery, TaskDeliveryList } from './delivery.dto.js';
import { readDeliveries } from './read-deliveries.js';
import { type Redelivery, redeliver } from './redeliver.js';
import { redeliveryProblem, redeliveryProblems } from './redelivery-problem.js';

const unknown = { 404: { not_found: "There is no such task among this API key's own." }, 410: { erased: 'The task was erased.' } };

/** The webhooks of a tenant's own tasks. */
@ApiTags('tasks')
@Controller('tasks/:id')
@Needs('submit', 'admin')
export class DeliveriesController {
  constructor(
    private readonly database: Database,
    private readonly wakeUps: WakeUps,
  ) {}

  @Get('deliveries')
  @Needs('read', 'submit', 'admin')
  @ApiOperation({ summary: 'List the webhooks of a task with their attempts', operationId: 'tasks_deliveries' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: TaskDeliveryList, description: 'All of them; none before the task has ended.' })
  @ApiProblems(unknown)
  async list(@Param('id') id: string, @Caller() { tenant }: Principal): Promise<TaskDeliveryList> {
    return { items: await this.find(tenant, id), next_cursor: null };
  }

  @Post('redeliver')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'tasks_redeliver',
    summary: 'Send the webhooks of a task again: same event id and body, a full new schedule',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiBody({ type: RedeliverFields, required: false })
  @ApiAcceptedResponse({
    type: TaskDeliveryList,
    description: 'Those that are sent again: due now; or held, when their endpoint is paused, disabled or failing.',
  })
  @ApiProblems({
    404: { not_found: "There is no such task among this API key's own, or no such webhook of it." },
    409: redeliveryProblems[409],
    410: { ...redeliveryProblems[410], ...unknown[410] },
    422: { validation_failed: '`delivery_id` cannot be accepted.' },
  })
  async redeliver(@Param('id') id: string, @Body() body: unknown, @Caller() { tenant }: Principal): Promise<TaskDeliveryList> {
    const { delivery_id: wanted } = readFields(body);
    const own = (await this.find(tenant, id)).filter((row) => wanted === undefined || row.id === wanted.toLowerCase());
    if (own.length === 0) throw notFound('This webhook');
    const outcomes = new Map<string, Redelivery>();
    for (const row of own) outcomes.set(row.id, await redeliver(this.database, row.id));
    const refused = [...outcomes.values()].filter((outcome) => outcome !== 'queued' && outcome !== 'held');
    // of several, those that can be sent again are
    if (refused.length === own.length) throw redeliveryProblem(refused[0]!, 'This webhook');
    this.wakeUps.ring('delivery-due');
    const accepted = (row: TaskDelivery) => ['queued', 'held'].includes(outcomes.get(row.id) ?? '');
    return { items: (await this.find(tenant, id)).filter(accepted), next_cursor: null };
  }

  private async find(tenant: string, id: string): Promise<TaskDelivery[]> {
    const found = await readDeliveries(this.database, tenant, id);
    switch (found.kind) {
      case 'found':
        return found.items;
      case 'unknown':
        throw notFound('This task');
      case 'erased':
        throw new Problem(410, 'erased', 'This task was erased; nothing of what it held is left.');
      default:
        throw new Error(`A look at deliveries cannot end as ${found satisfies never}.`);
    }
  }
}

/** No body asks for all of them. */
function readFields(body: unknown): RedeliverFields {
  if (body === undefined || body === null) return {};
  if (typeof body !== 'object' || Array.isArray(body))
    throw new Problem(422, 'validation_failed', 'The request body must be a JSON object.');
  const { value, errors } = validateDto(RedeliverFields, body);
  if (errors.length > 0) throw invalid(errors);
  return value.delivery_id === null ? {} : value;
}
