import { Body, Controller, Get, HttpCode, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Config } from '../config/config.js';
import { type Actor, By } from '../platform/audit/actor.js';
import { writeAudit } from '../platform/audit/write-audit.js';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/sql.js';
import type { EgressRules } from '../platform/egress/rules.js';
import { ApiProblems } from '../platform/http/api-problems.js';
import { decodeCursor, type Page, toPage } from '../platform/http/page.js';
import { Needs } from '../platform/http/principal.js';
import { invalid, notFound, Problem } from '../platform/http/problem.js';
import { dtoPipe } from '../platform/http/query.pipe.js';
import { isId } from '../platform/ids.js';
import { WakeUps } from '../platform/lifecycle/wake-ups.js';
import { Keyring } from '../platform/secrets/keyring.js';
import { CONFIG, EGRESS_RULES } from '../platform/tokens.js';
import { adHocKey } from '../webhooks/endpoints/ad-hoc-key.js';
import { audited } from '../webhooks/endpoints/audited.js';
import { changeEndpoint } from '../webhooks/endpoints/change-endpoint.js';
import { ChangeFields, PauseFields } from '../webhooks/endpoints/endpoint-fields.dto.js';
import { fieldProblems } from '../webhooks/endpoints/endpoint-problems.js';
import { type EndpointHealthRow, listAllEndpoints } from '../webhooks/endpoints/list-all-endpoints.js';
import { moveAdHocEndpoint } from '../webhooks/endpoints/move-ad-hoc-endpoint.js';
import { type Change, readChange, readPause } from '../webhooks/endpoints/read-fields.js';
import { EndpointHealthQuery, EndpointOverview, EndpointOverviewPage } from './endpoint-health.dto.js';

const unknownEndpoint = { 404: { not_found: 'There is no such endpoint.' } };

/** The endpoints of every tenant. */
@ApiTags('admin')
@Controller('admin/endpoints')
@Needs('admin')
export class AdminEndpointsController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(EGRESS_RULES) private readonly egress: EgressRules,
    private readonly database: Database,
    private readonly keyring: Keyring,
    private readonly wakeUps: WakeUps,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List endpoints of every tenant with their health', operationId: 'admin_endpoints_list' })
  @ApiOkResponse({ type: EndpointOverviewPage, description: 'A page of endpoints that match all filters.' })
  @ApiProblems({ 422: { validation_failed: 'A filter, `limit` or `cursor` cannot be accepted.' } })
  async list(@Query(dtoPipe) { limit, cursor, ...filter }: EndpointHealthQuery): Promise<Page<EndpointHealthRow>> {
    const rows = await listAllEndpoints(this.database, filter, decodeCursor(cursor), limit + 1);
    return toPage(
      rows,
      limit,
      (row) => ({ createdAt: row.position, id: row.id }),
      ({ position: _, ...view }) => view,
    );
  }

  @Patch(':id')
  @ApiOperation({
    summary: 'Change an endpoint of any tenant; a new URL takes what waits along',
    description: 'Of an ad-hoc endpoint only `url` can be changed; its rows keep their own query, and dead ones go along, too.',
    operationId: 'admin_endpoints_change',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiBody({ type: ChangeFields })
  @ApiOkResponse({ type: EndpointOverview, description: 'The endpoint as it is now.' })
  @ApiProblems({ ...unknownEndpoint, 409: { endpoint_exists: 'The tenant has an ad-hoc endpoint at this URL already.' }, ...fieldProblems })
  async change(@Param('id') id: string, @Body() body: unknown, @By() by: Actor): Promise<EndpointHealthRow> {
    const change = readChange(body, { config: this.config, egress: this.egress });
    const { kind, tenant } = await this.find(id);
    if (kind === 'ad_hoc') await this.moveAdHoc(id, change, by);
    else await audited(this.database, by, 'endpoint.change', { tenant, id }, (tx) => changeEndpoint(tx, this.keyring, tenant, id, change));
    this.wakeUps.ring('delivery-due');
    return this.find(id);
  }

  @Post(':id/pause')
  @HttpCode(200)
  @ApiOperation({ summary: 'Stop sending to an endpoint of any tenant; what is for it waits', operationId: 'admin_endpoints_pause' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiBody({ type: PauseFields, required: false })
  @ApiOkResponse({ type: EndpointOverview, description: 'It is paused, now or before.' })
  @ApiProblems({ ...unknownEndpoint, 409: { endpoint_disabled: 'It is disabled, so nothing is sent to it anyway.' }, ...fieldProblems })
  async pause(@Param('id') id: string, @Body() body: unknown, @By() by: Actor): Promise<EndpointHealthRow> {
    const { reason } = readPause(body);
    const state = await this.move(id, by, 'endpoint.pause', 'SELECT postback.pause_endpoint_row($1, $2) AS state', [reason]);
    if (state === 'disabled')
      throw new Problem(409, 'endpoint_disabled', 'This endpoint is disabled, so nothing is sent to it anyway; resume it first.');
    return this.find(id);
  }

  @Post(':id/resume')
  @HttpCode(200)
  @ApiOperation({ summary: 'Send to an endpoint of any tenant again', operationId: 'admin_endpoints_resume' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: EndpointOverview, description: 'It is active, now or before.' })
  @ApiProblems(unknownEndpoint)
  async resume(@Param('id') id: string, @By() by: Actor): Promise<EndpointHealthRow> {
    await this.move(id, by, 'endpoint.resume', 'SELECT postback.resume_endpoint_row($1) AS state', []);
    this.wakeUps.ring('delivery-due');
    return this.find(id);
  }

  @Post(':id/enable')
  @HttpCode(200)
  @ApiOperation({ summary: 'The same as resume, by the word for a disabled endpoint', operationId: 'admin_endpoints_enable' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: EndpointOverview, description: 'It is active, now or before.' })
  @ApiProblems(unknownEndpoint)
  async enable(@Param('id') id: string, @By() by: Actor): Promise<EndpointHealthRow> {
    return this.resume(id, by);
  }

  private async find(id: string): Promise<EndpointHealthRow> {
    const [row] = isId(id) ? await listAllEndpoints(this.database, { id }, null, 1) : [];
    if (row === undefined) throw notFound('This endpoint');
    const { position: _, ...view } = row;
    return view;
  }

  /** By the rules that the functions for DBAs go by as well. */
  private async move(id: string, by: Actor, action: `endpoint.${string}`, statement: string, values: unknown[]): Promise<string> {
    await this.find(id);
    return this.writtenDown(id, by, action, async (tx) => {
      const { rows } = await tx.query<{ state: string }>(statement, [id, ...values]);
      return rows[0]!.state;
    });
  }

  private async moveAdHoc(id: string, { target, settings }: Change, by: Actor): Promise<void> {
    const [other] = Object.keys(settings);
    if (other !== undefined)
      throw invalid([{ field: other, detail: 'An ad-hoc endpoint has no settings of its own; only its url changes.' }]);
    if (target === null) return;
    const key = adHocKey(new URL(target.url));
    const outcome = await this.writtenDown(id, by, 'endpoint.change', (tx) => moveAdHocEndpoint(tx, id, key));
    if (outcome === 'unknown') throw notFound('This endpoint');
    if (outcome === 'taken')
      throw new Problem(409, 'endpoint_exists', 'This tenant has an ad-hoc endpoint at this URL already; redeliver to that one.');
  }

  private writtenDown<T>(id: string, by: Actor, action: `endpoint.${string}`, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.database.transaction(async (tx) => {
      const before = await look(tx, id);
      const result = await work(tx);
      const after = await look(tx, id);
      if (JSON.stringify(before) !== JSON.stringify(after))
        await writeAudit(tx, by, { action, targetId: id, tenant: after?.tenant ?? null, before, after });
      return result;
    });
  }
}

async function look(tx: Tx, id: string) {
  const { rows } = await tx.query<{ tenant: string; url: string; state: string; state_reason: string | null; breaker: string }>(
    "SELECT tenant, split_part(url, '?', 1) AS url, state, state_reason, breaker FROM postback.webhook_endpoints WHERE id = $1 AND deleted_at IS NULL",
    [id],
  );
  return rows[0] ?? null;
}
