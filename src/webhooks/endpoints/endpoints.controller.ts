import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Config } from '../../config/config.js';
import { type Actor, By } from '../../platform/audit/actor.js';
import { Database } from '../../platform/database/database.js';
import type { EgressRules } from '../../platform/egress/rules.js';
import { ApiProblems } from '../../platform/http/api-problems.js';
import { decodeCursor, type Page, PageQuery, toPage } from '../../platform/http/page.js';
import { Caller, Needs, type Principal } from '../../platform/http/principal.js';
import { notFound } from '../../platform/http/problem.js';
import { PublicUrl } from '../../platform/http/public-url.js';
import { dtoPipe } from '../../platform/http/query.pipe.js';
import { isId } from '../../platform/ids.js';
import { WakeUps } from '../../platform/lifecycle/wake-ups.js';
import { Keyring } from '../../platform/secrets/keyring.js';
import { CONFIG, EGRESS_RULES } from '../../platform/tokens.js';
import { audited, auditedBirth } from './audited.js';
import { changeEndpoint } from './change-endpoint.js';
import { deleteEndpoint } from './delete-endpoint.js';
import { ChangeFields, RegistrationFields } from './endpoint-fields.dto.js';
import { fieldProblems, unknownEndpoint } from './endpoint-problems.js';
import { EndpointPage, EndpointView, EndpointWithSecret } from './endpoint-view.dto.js';
import { findEndpoint, listEndpoints } from './find-endpoints.js';
import { type FieldRules, readChange, readRegistration } from './read-fields.js';
import { registerEndpoint } from './register-endpoint.js';
import { showEndpoint } from './show-endpoint.js';

/** A tenant's registered endpoints. Another tenant's do not exist for it. */
@ApiTags('endpoints')
@Controller('webhook-endpoints')
@Needs('submit', 'admin')
export class EndpointsController {
  private readonly rules: FieldRules;

  constructor(
    @Inject(CONFIG) config: Config,
    @Inject(EGRESS_RULES) egress: EgressRules,
    private readonly database: Database,
    private readonly keyring: Keyring,
    private readonly wakeUps: WakeUps,
    private readonly publicUrl: PublicUrl,
  ) {
    this.rules = { config, egress };
  }

  @Post()
  @ApiOperation({ summary: 'Register an endpoint' })
  @ApiBody({ type: RegistrationFields })
  @ApiCreatedResponse({
    type: EndpointWithSecret,
    description: 'It is registered, and active.',
    headers: { Location: { description: 'The endpoint.', schema: { type: 'string', format: 'uri' } } },
  })
  @ApiProblems(fieldProblems)
  async register(@Body() body: unknown, @Caller() { tenant }: Principal, @By() by: Actor, @Res() reply: FastifyReply): Promise<void> {
    const wanted = readRegistration(body, this.rules);
    const { id, secret } = await auditedBirth(this.database, by, tenant, (tx) => registerEndpoint(tx, this.keyring, tenant, wanted));
    const location = `${this.publicUrl.get()}/webhook-endpoints/${id}`;
    const view: EndpointWithSecret = { ...(await this.find(tenant, id)), ...(secret !== null && { secret }) };
    void reply.status(201).headers({ location, 'cache-control': 'no-store' }).send(view);
  }

  @Get()
  @Needs('read', 'submit', 'admin')
  @ApiOperation({ summary: 'List the endpoints' })
  @ApiOkResponse({ type: EndpointPage, description: 'A page of endpoints.' })
  @ApiProblems({ 422: { validation_failed: '`limit` or `cursor` cannot be accepted.' } })
  async list(@Query(dtoPipe) { limit, cursor }: PageQuery, @Caller() { tenant }: Principal): Promise<Page<EndpointView>> {
    const rows = await listEndpoints(this.database, tenant, decodeCursor(cursor), limit + 1);
    return toPage(
      rows,
      limit,
      (row) => ({ createdAt: row.position, id: row.id }),
      (row) => showEndpoint(this.keyring, row),
    );
  }

  @Get(':id')
  @Needs('read', 'submit', 'admin')
  @ApiOperation({ summary: 'Show an endpoint with its health' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: EndpointView, description: 'The endpoint.' })
  @ApiProblems(unknownEndpoint)
  async show(@Param('id') id: string, @Caller() { tenant }: Principal): Promise<EndpointView> {
    return this.find(tenant, id);
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Change an endpoint; a new URL takes what waits along' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiBody({ type: ChangeFields })
  @ApiOkResponse({ type: EndpointView, description: 'The endpoint as it is now.' })
  @ApiProblems({ ...unknownEndpoint, ...fieldProblems })
  async change(@Param('id') id: string, @Body() body: unknown, @Caller() { tenant }: Principal, @By() by: Actor): Promise<EndpointView> {
    const change = readChange(body, this.rules);
    const changed =
      isId(id) &&
      (await audited(this.database, by, 'endpoint.change', { tenant, id }, (tx) => changeEndpoint(tx, this.keyring, tenant, id, change)));
    if (!changed) throw notFound('This endpoint');
    this.wakeUps.ring('delivery-due');
    return this.find(tenant, id);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete an endpoint; what waits for it is not sent any more' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiNoContentResponse({ description: 'It is deleted.' })
  @ApiProblems(unknownEndpoint)
  async delete(@Param('id') id: string, @Caller() { tenant }: Principal, @By() by: Actor): Promise<void> {
    const deleted =
      isId(id) && (await audited(this.database, by, 'endpoint.delete', { tenant, id }, (tx) => deleteEndpoint(tx, { tenant, id })));
    if (!deleted) throw notFound('This endpoint');
  }

  private async find(tenant: string, id: string): Promise<EndpointView> {
    const row = isId(id) ? await findEndpoint(this.database, tenant, id) : null;
    if (row === null) throw notFound('This endpoint');
    return showEndpoint(this.keyring, row);
  }
}
