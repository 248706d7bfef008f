import { Body, Controller, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Config } from '../../config/config.js';
import { type Actor, By } from '../../platform/audit/actor.js';
import { Clock } from '../../platform/clock.js';
import { Database } from '../../platform/database/database.js';
import { WebhookClient } from '../../platform/egress/webhook-client.js';
import { ApiProblems } from '../../platform/http/api-problems.js';
import { Caller, Needs, type Principal } from '../../platform/http/principal.js';
import { invalid, notFound, Problem } from '../../platform/http/problem.js';
import { isId } from '../../platform/ids.js';
import { WakeUps } from '../../platform/lifecycle/wake-ups.js';
import { Keyring } from '../../platform/secrets/keyring.js';
import { CONFIG } from '../../platform/tokens.js';
import { audited } from './audited.js';
import { testAudited } from './audited-test.js';
import { PauseFields, RotationFields } from './endpoint-fields.dto.js';
import { fieldProblems, unknownEndpoint } from './endpoint-problems.js';
import { EndpointTestView, EndpointView, EndpointWithSecret } from './endpoint-view.dto.js';
import { type EndpointRow, findEndpoint } from './find-endpoints.js';
import { pauseEndpoint } from './pause-endpoint.js';
import { readPause, readRotation } from './read-fields.js';
import { resumeEndpoint } from './resume-endpoint.js';
import { rotateSecret } from './rotate-secret.js';
import { showEndpoint } from './show-endpoint.js';

/** What can be done with a registered endpoint besides changing it. */
@ApiTags('endpoints')
@Controller('webhook-endpoints/:id')
@Needs('submit', 'admin')
export class EndpointActionsController {
  constructor(
    @Inject(CONFIG) readonly config: Config,
    readonly client: WebhookClient,
    readonly clock: Clock,
    readonly database: Database,
    readonly keyring: Keyring,
    private readonly wakeUps: WakeUps,
  ) {}

  @Post('rotate')
  @HttpCode(200)
  @ApiOperation({ summary: 'Give an endpoint a new secret; for a while the former one signs along', operationId: 'endpoints_rotate' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiBody({ type: RotationFields, required: false })
  @ApiOkResponse({ type: EndpointWithSecret, description: 'From now on webhooks are signed with the new secret, too.' })
  @ApiProblems({ ...unknownEndpoint, ...fieldProblems })
  async rotate(
    @Param('id') id: string,
    @Body() body: unknown,
    @Caller() { tenant }: Principal,
    @By() by: Actor,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const wanted = readRotation(body);
    const rotation = isId(id)
      ? await audited(this.database, by, 'endpoint.rotate', { tenant, id }, (tx) => rotateSecret(tx, this.keyring, { tenant, id }, wanted))
      : { kind: 'unknown' as const };
    if (rotation.kind === 'unknown') throw notFound('This endpoint');
    if (rotation.kind === 'same_secret') throw invalid([{ field: 'secret', detail: 'The endpoint signs with this secret already.' }]);
    const view: EndpointWithSecret = { ...(await this.show(tenant, id)), ...(rotation.secret !== null && { secret: rotation.secret }) };
    void reply.header('cache-control', 'no-store').send(view);
  }

  @Post('pause')
  @HttpCode(200)
  @ApiOperation({ summary: 'Stop sending to an endpoint; what is for it waits', operationId: 'endpoints_pause' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiBody({ type: PauseFields, required: false })
  @ApiOkResponse({ type: EndpointView, description: 'It is paused, now or before.' })
  @ApiProblems({ ...unknownEndpoint, 409: { endpoint_disabled: 'It is disabled, so nothing is sent to it anyway.' }, ...fieldProblems })
  async pause(@Param('id') id: string, @Body() body: unknown, @Caller() { tenant }: Principal, @By() by: Actor): Promise<EndpointView> {
    const { reason } = readPause(body);
    const outcome = isId(id)
      ? await audited(this.database, by, 'endpoint.pause', { tenant, id }, (tx) => pauseEndpoint(tx, { tenant, id }, reason))
      : 'unknown';
    if (outcome === 'unknown') throw notFound('This endpoint');
    if (outcome === 'disabled')
      throw new Problem(409, 'endpoint_disabled', 'This endpoint is disabled, so nothing is sent to it anyway; resume it first.');
    return this.show(tenant, id);
  }

  @Post('resume')
  @HttpCode(200)
  @ApiOperation({ summary: 'Send to an endpoint again, whether it was paused, disabled or kept failing', operationId: 'endpoints_resume' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: EndpointView, description: 'It is active, now or before.' })
  @ApiProblems(unknownEndpoint)
  async resume(@Param('id') id: string, @Caller() { tenant }: Principal, @By() by: Actor): Promise<EndpointView> {
    const resumed =
      isId(id) && (await audited(this.database, by, 'endpoint.resume', { tenant, id }, (tx) => resumeEndpoint(tx, { tenant, id })));
    if (!resumed) throw notFound('This endpoint');
    this.wakeUps.ring('delivery-due');
    return this.show(tenant, id);
  }

  @Post('test')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'endpoints_test',
    summary: 'Send a test event now and see how it fares',
    description:
      'An event of type `endpoint.test`, signed like any other. Nothing of it is stored but a line of the audit log, and it is not tried again.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: EndpointTestView, description: 'What came of it, whether it was delivered or not.' })
  @ApiProblems(unknownEndpoint)
  async test(@Param('id') id: string, @Caller() { tenant }: Principal, @By() by: Actor): Promise<EndpointTestView> {
    return testAudited(this, by, await this.find(tenant, id));
  }

  private async find(tenant: string, id: string): Promise<EndpointRow> {
    const row = isId(id) ? await findEndpoint(this.database, tenant, id) : null;
    if (row === null) throw notFound('This endpoint');
    return row;
  }

  private async show(tenant: string, id: string): Promise<EndpointView> {
    return showEndpoint(this.keyring, await this.find(tenant, id));
  }
}
