import { Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Config } from '../config/config.js';
import { type Actor, By } from '../platform/audit/actor.js';
import { writeAudit } from '../platform/audit/write-audit.js';
import { Clock } from '../platform/clock.js';
import { Database } from '../platform/database/database.js';
import { ApiProblems } from '../platform/http/api-problems.js';
import { decodeCursor, type Page, toPage } from '../platform/http/page.js';
import { Needs } from '../platform/http/principal.js';
import { notFound } from '../platform/http/problem.js';
import { dtoPipe } from '../platform/http/query.pipe.js';
import { isId } from '../platform/ids.js';
import { WakeUps } from '../platform/lifecycle/wake-ups.js';
import { Keyring } from '../platform/secrets/keyring.js';
import { CONFIG } from '../platform/tokens.js';
import { checkSignature } from '../webhooks/delivery/check-signature.js';
import { readRetryPolicy, type StoredRetryPolicy } from '../webhooks/delivery/retry-policy.js';
import { type PlannedTry, scheduleAhead } from '../webhooks/delivery/schedule-ahead.js';
import { SigningKeys } from '../webhooks/delivery/signing-keys.js';
import { listOutbox, lockOutboxRow, type OutboxView, readAttempts, readEventBody, readOutboxRow } from '../webhooks/outbox/read-outbox.js';
import { readSending } from '../webhooks/outbox/read-sending.js';
import { type Redelivery, redeliver } from '../webhooks/outbox/redeliver.js';
import { redeliveryProblem, redeliveryProblems } from '../webhooks/outbox/redelivery-problem.js';
import { OutboxQuery } from './outbox-query.dto.js';
import { OutboxDetail, OutboxPage, OutboxRowView } from './outbox-view.dto.js';

const unknownRow = { 404: { not_found: 'There is no such outbox row.' } };

/** The outbox of every tenant: what is stuck, why, and once more. */
@ApiTags('admin')
@Controller('admin/outbox')
@Needs('admin')
export class OutboxController {
  private readonly keys: SigningKeys;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly wakeUps: WakeUps,
    keyring: Keyring,
  ) {
    this.keys = new SigningKeys(database, keyring);
  }

  @Get()
  @ApiOperation({ summary: 'List outbox rows of every tenant' })
  @ApiOkResponse({ type: OutboxPage, description: 'A page of rows that match all filters.' })
  @ApiProblems({ 422: { validation_failed: 'A filter, `limit` or `cursor` cannot be accepted.' } })
  async list(@Query(dtoPipe) { limit, cursor, ...filter }: OutboxQuery): Promise<Page<OutboxView>> {
    const rows = await listOutbox(this.database, filter, decodeCursor(cursor), limit + 1);
    return toPage(
      rows,
      limit,
      (row) => ({ createdAt: row.position, id: row.id }),
      ({ position: _, ...view }) => view,
    );
  }

  @Get(':id')
  @ApiOperation({ summary: 'Show an outbox row with the body of its event and every attempt' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: OutboxDetail, description: 'The row.' })
  @ApiProblems(unknownRow)
  async show(@Param('id') id: string): Promise<OutboxDetail> {
    const row = await this.find(id);
    const [body, attempts, sending] = await Promise.all([
      readEventBody(this.database, row.event_id),
      readAttempts(this.database, row),
      readSending(this.database, row.id),
    ]);
    const signerOf = await this.keys.of([{ tenant: row.tenant, secretIds: sending.secretIds }]);
    const signers = sending.secretIds.map((secretId) => signerOf(row.tenant, secretId));
    return {
      ...row,
      body,
      attempt_log: attempts,
      schedule: this.scheduleOf(row, sending.retry),
      signature: checkSignature(signers, row.event_id, sending.body, this.clock.now()),
    };
  }

  @Post(':id/redeliver')
  @HttpCode(202)
  @ApiOperation({ summary: 'Send a webhook again: same event id and body, a full new schedule' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiAcceptedResponse({ type: OutboxRowView, description: 'It is due now; or held, when its endpoint is paused, disabled or failing.' })
  @ApiProblems({ ...unknownRow, ...redeliveryProblems })
  async redeliver(@Param('id') id: string, @By() by: Actor): Promise<OutboxView> {
    const outcome = isId(id) ? await this.redeliverAudited(id, by) : 'unknown';
    switch (outcome) {
      case 'queued':
        this.wakeUps.ring('delivery-due');
        return this.find(id);
      case 'held':
        return this.find(id);
      default:
        throw redeliveryProblem(outcome, 'This outbox row');
    }
  }

  private scheduleOf(row: OutboxView, retry: StoredRetryPolicy | null): PlannedTry[] {
    if (row.status !== 'pending' && row.status !== 'delivering') return [];
    const { attempts_charged: attemptsCharged, max_attempts: maxAttempts, next_attempt_at: nextAttemptAt } = row;
    return scheduleAhead({ attemptsCharged, maxAttempts, nextAttemptAt }, readRetryPolicy(retry, this.config.retry), this.clock.now());
  }

  private redeliverAudited(id: string, by: Actor): Promise<Redelivery> {
    return this.database.transaction(async (tx) => {
      const before = await lockOutboxRow(tx, id);
      const outcome = await redeliver(tx, id);
      if (before !== null && (outcome === 'queued' || outcome === 'held')) {
        const after = { status: outcome === 'held' ? 'held' : 'pending', attempts_charged: 0, dead_reason: null };
        const { tenant, ...state } = before;
        await writeAudit(tx, by, { action: 'outbox.redeliver', targetId: id, tenant, before: state, after });
      }
      return outcome;
    });
  }

  private async find(id: string): Promise<OutboxView> {
    const row = isId(id) ? await readOutboxRow(this.database, id) : null;
    if (row === null) throw notFound('This outbox row');
    return row;
  }
}
