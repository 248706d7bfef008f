import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { type Actor, By } from '../platform/audit/actor.js';
import { writeAudit } from '../platform/audit/write-audit.js';
import { Database } from '../platform/database/database.js';
import { ApiProblems } from '../platform/http/api-problems.js';
import { decodeCursor, type Page, PageQuery, toPage } from '../platform/http/page.js';
import { Needs } from '../platform/http/principal.js';
import { invalid, notFound, Problem } from '../platform/http/problem.js';
import { dtoPipe } from '../platform/http/query.pipe.js';
import { validateDto } from '../platform/http/validate-dto.js';
import { isId } from '../platform/ids.js';
import { WakeUps } from '../platform/lifecycle/wake-ups.js';
import {
  type BatchOrder,
  type BatchView,
  cancelBatch,
  createBatch,
  listBatches,
  readBatch,
  tryBatch,
} from '../webhooks/outbox/redelivery-batches.js';
import { RedeliveryBatchPage, RedeliveryBatchView, RedeliveryDryRun, RedeliveryFields, RedeliveryFilter } from './redelivery.dto.js';

const unknownBatch = { 404: { not_found: 'There is no such bulk redelivery.' } };

/** Many webhooks once more. */
@ApiTags('admin')
@Controller('admin/redeliveries')
@Needs('admin')
export class RedeliveriesController {
  constructor(
    private readonly database: Database,
    private readonly wakeUps: WakeUps,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List bulk redeliveries' })
  @ApiOkResponse({ type: RedeliveryBatchPage, description: 'A page of them, running or not.' })
  @ApiProblems({ 422: { validation_failed: '`limit` or `cursor` cannot be accepted.' } })
  async list(@Query(dtoPipe) { limit, cursor }: PageQuery): Promise<Page<BatchView>> {
    const rows = await listBatches(this.database, decodeCursor(cursor), limit + 1);
    return toPage(
      rows,
      limit,
      (row) => ({ createdAt: row.position, id: row.id }),
      ({ position: _, ...view }) => view,
    );
  }

  @Post()
  @ApiOperation({
    summary: 'Send all dead webhooks that match a filter again: same event ids and bodies',
    description:
      'Done by the service in small steps, newest row first, whoever of its processes lives. Rows made after this are none of it.',
  })
  @ApiBody({ type: RedeliveryFields })
  @ApiOkResponse({ type: RedeliveryDryRun, description: 'With `dry_run`: what would be sent. Nothing is changed.' })
  @ApiAcceptedResponse({ type: RedeliveryBatchView, description: 'It is under way; look at it by its id.' })
  @ApiProblems({ 422: { validation_failed: 'Fields cannot be accepted; see `errors`.' } })
  async create(@Body() body: unknown, @By() by: Actor, @Res() reply: FastifyReply): Promise<void> {
    const { dryRun, ...order } = readOrder(body);
    if (dryRun) {
      void reply.status(200).send(await tryBatch(this.database, order));
      return;
    }
    const batch = await this.database.transaction(async (tx) => {
      const made = await createBatch(tx, by.name, order);
      await writeAudit(tx, by, {
        action: 'redelivery.create',
        targetId: made.id,
        tenant: order.filter.tenant ?? null,
        before: null,
        after: order,
      });
      return made;
    });
    this.wakeUps.ring('redelivery');
    void reply.status(202).send(batch);
  }

  @Get(':id')
  @ApiOperation({ summary: 'Show how far a bulk redelivery is' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: RedeliveryBatchView, description: 'It, and its counts.' })
  @ApiProblems(unknownBatch)
  async show(@Param('id') id: string): Promise<BatchView> {
    const batch = isId(id) ? await readBatch(this.database, id) : null;
    if (batch === null) throw notFound('This bulk redelivery');
    return batch;
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'Stop a bulk redelivery; what it has sent on its way stays so' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: RedeliveryBatchView, description: 'It is canceled, now or before.' })
  @ApiProblems({ ...unknownBatch, 409: { redelivery_completed: 'It is done.' } })
  async cancel(@Param('id') id: string, @By() by: Actor): Promise<BatchView> {
    if (isId(id))
      await this.database.transaction(async (tx) => {
        if ((await cancelBatch(tx, id)) === 'canceled')
          await writeAudit(tx, by, {
            action: 'redelivery.cancel',
            targetId: id,
            tenant: null,
            before: { state: 'running' },
            after: { state: 'canceled' },
          });
      });
    const batch = await this.show(id);
    if (batch.state === 'completed')
      throw new Problem(409, 'redelivery_completed', 'This bulk redelivery is done; there is nothing left to cancel.');
    return batch;
  }
}

/** Throws a 422. */
function readOrder(body: unknown): BatchOrder & { dryRun: boolean } {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new Problem(422, 'validation_failed', 'The request body must be a JSON object.');
  const { value, errors } = validateDto(RedeliveryFields, body);
  if (errors.length > 0) throw invalid(errors);
  const filter = validateDto(RedeliveryFilter, value.filter);
  if (filter.errors.length > 0) throw invalid(filter.errors.map((error) => ({ ...error, field: `filter.${error.field}` })));
  const given = Object.fromEntries(Object.entries(filter.value).filter(([, set]) => set !== undefined && set !== null));
  return {
    filter: given,
    includeDelivered: value.include_delivered ?? false,
    ratePerSecond: value.rate_per_second ?? null,
    dryRun: value.dry_run ?? false,
  };
}
