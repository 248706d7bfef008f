import { Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { acknowledgeAlert } from '../alerts/acknowledge-alert.js';
import type { AlertKind } from '../alerts/kinds.js';
import { type AlertRow, listAlerts, readAlert } from '../alerts/read-alerts.js';
import { runbookLink } from '../alerts/runbook.js';
import type { AlertSink } from '../alerts/sink.js';
import { testSinks } from '../alerts/test-sinks.js';
import { ALERT_SINKS } from '../alerts/tokens.js';
import type { Config } from '../config/config.js';
import { type Actor, By } from '../platform/audit/actor.js';
import { writeAudit } from '../platform/audit/write-audit.js';
import { Clock } from '../platform/clock.js';
import { Database } from '../platform/database/database.js';
import { ApiProblems } from '../platform/http/api-problems.js';
import { decodeCursor, type Page, toPage } from '../platform/http/page.js';
import { Needs } from '../platform/http/principal.js';
import { notFound, Problem } from '../platform/http/problem.js';
import { dtoPipe } from '../platform/http/query.pipe.js';
import { isId } from '../platform/ids.js';
import { WakeUps } from '../platform/lifecycle/wake-ups.js';
import { CONFIG } from '../platform/tokens.js';
import { AlertQuery } from './alert-query.dto.js';
import { AlertPage, AlertTestView, AlertView } from './alert-view.dto.js';

/** What needs a person, and who was told. */
@ApiTags('admin')
@Controller('admin/alerts')
@Needs('admin')
export class AlertsController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(ALERT_SINKS) private readonly sinks: readonly AlertSink[],
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly wakeUps: WakeUps,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List alerts' })
  @ApiOkResponse({ type: AlertPage, description: 'A page of alerts that match all filters.' })
  @ApiProblems({ 422: { validation_failed: 'A filter, `limit` or `cursor` cannot be accepted.' } })
  async list(@Query(dtoPipe) { limit, cursor, ...filter }: AlertQuery): Promise<Page<AlertView>> {
    const rows = await listAlerts(this.database, filter, decodeCursor(cursor), limit + 1);
    return toPage(
      rows,
      limit,
      (row) => ({ createdAt: row.position, id: row.id }),
      (row) => this.view(row),
    );
  }

  @Post('test')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Send a test through every sink now',
    description: 'Through the sinks that the answering process has configured. Nothing of it is stored, and it is not tried again.',
  })
  @ApiOkResponse({ type: AlertTestView, description: 'What came of it at each sink, whether it was taken or not.' })
  @ApiProblems({ 409: { no_alert_sinks: 'No sink is configured.' } })
  async test(@By() by: Actor): Promise<AlertTestView> {
    if (this.sinks.length === 0)
      throw new Problem(409, 'no_alert_sinks', 'No alert sink is configured; set POSTBACK_ALERT_SLACK_URL or one of its neighbours.');
    const exchanges = await testSinks(this.sinks, this.clock, this.config.alerts.runbookUrl);
    await this.database.transaction((tx) =>
      writeAudit(tx, by, {
        action: 'alert.test',
        targetId: 'sinks',
        tenant: null,
        before: null,
        after: { exchanges: exchanges.map(({ sink, event, ok }) => ({ sink, event, ok })) },
      }),
    );
    return {
      exchanges: exchanges.map(({ sink, event, ok, statusCode, text, error, durationMs }) => ({
        sink,
        event,
        ok,
        status_code: statusCode,
        answer: text,
        error,
        duration_ms: durationMs,
      })),
    };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Show an alert' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: AlertView, description: 'The alert.' })
  @ApiProblems({ 404: { not_found: 'There is no such alert.' } })
  async show(@Param('id') id: string): Promise<AlertView> {
    const row = isId(id) ? await readAlert(this.database, id) : null;
    if (row === null) throw notFound('This alert');
    return this.view(row);
  }

  @Post(':id/acknowledge')
  @HttpCode(200)
  @ApiOperation({ summary: 'Take an alert on: the sinks are told, and remind nobody of it any more' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: AlertView, description: 'It is acknowledged, now or before.' })
  @ApiProblems({ 404: { not_found: 'There is no such alert.' }, 409: { alert_resolved: 'It is over.' } })
  async acknowledge(@Param('id') id: string, @By() by: Actor): Promise<AlertView> {
    const outcome = isId(id) ? await acknowledgeAlert(this.database, this.sinks, id, by) : 'unknown';
    if (outcome === 'unknown') throw notFound('This alert');
    if (outcome === 'resolved') throw new Problem(409, 'alert_resolved', 'This alert is resolved; there is nothing left to take on.');
    if (outcome === 'acknowledged') this.wakeUps.ring('alert-due');
    return this.show(id);
  }

  private view({ position: _, ...row }: AlertRow): AlertView {
    return { ...row, runbook: runbookLink(this.config.alerts.runbookUrl, row.kind as AlertKind) };
  }
}
