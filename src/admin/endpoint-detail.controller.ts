import { Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Config } from '../config/config.js';
import { type Actor, By } from '../platform/audit/actor.js';
import { Clock } from '../platform/clock.js';
import { Database } from '../platform/database/database.js';
import { WebhookClient } from '../platform/egress/webhook-client.js';
import { ApiProblems } from '../platform/http/api-problems.js';
import type { Page } from '../platform/http/page.js';
import { Needs } from '../platform/http/principal.js';
import { notFound, Problem } from '../platform/http/problem.js';
import { isId } from '../platform/ids.js';
import { Keyring } from '../platform/secrets/keyring.js';
import { CONFIG } from '../platform/tokens.js';
import { testAudited } from '../webhooks/endpoints/audited-test.js';
import { EndpointTestView } from '../webhooks/endpoints/endpoint-view.dto.js';
import { findEndpoint } from '../webhooks/endpoints/find-endpoints.js';
import { type EndpointHealthRow, listAllEndpoints } from '../webhooks/endpoints/list-all-endpoints.js';
import type { TestTarget } from '../webhooks/endpoints/test-endpoint.js';
import { type EndpointAttempt, findRecentRow, readEndpointAttempts } from '../webhooks/outbox/read-endpoint-attempts.js';
import { EndpointAttemptList, EndpointDetail } from './endpoint-detail.dto.js';
import { readEndpointSettings } from './read-endpoint-settings.js';

const unknownEndpoint = { 404: { not_found: 'There is no such endpoint.' } };
const ATTEMPTS = 100;

/** One endpoint of any tenant, looked at closely. */
@ApiTags('admin')
@Controller('admin/endpoints/:id')
@Needs('admin')
export class EndpointDetailController {
  constructor(
    @Inject(CONFIG) readonly config: Config,
    readonly client: WebhookClient,
    readonly clock: Clock,
    readonly database: Database,
    readonly keyring: Keyring,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Show an endpoint of any tenant with its health and settings', operationId: 'admin_endpoints_show' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: EndpointDetail, description: 'The endpoint.' })
  @ApiProblems(unknownEndpoint)
  async show(@Param('id') id: string): Promise<EndpointDetail> {
    const row = await this.find(id);
    return { ...row, ...(await readEndpointSettings(this.database, row.id, this.config)) };
  }

  @Get('attempts')
  @ApiOperation({
    operationId: 'admin_endpoints_attempts',
    summary: 'List the latest attempts of an endpoint of any tenant',
    description:
      'Those of webhooks that wait or were given up, and of those that arrived and are among the newest of all endpoints: deliveries are not indexed by endpoint.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: EndpointAttemptList, description: 'Its attempts.' })
  @ApiProblems(unknownEndpoint)
  async attempts(@Param('id') id: string): Promise<Page<EndpointAttempt>> {
    const { id: known } = await this.find(id);
    return { items: await readEndpointAttempts(this.database, known, ATTEMPTS), next_cursor: null };
  }

  @Post('test')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'admin_endpoints_test',
    summary: 'Send a test event to an endpoint of any tenant now and see how it fares',
    description: 'An ad-hoc endpoint has no secret of its own: URL and secret are those of its latest webhook.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: EndpointTestView, description: 'What came of it, whether it was delivered or not.' })
  @ApiProblems({ ...unknownEndpoint, 409: { no_secret: 'The ad-hoc endpoint has no webhook left that a secret could be taken from.' } })
  async test(@Param('id') id: string, @By() by: Actor): Promise<EndpointTestView> {
    return testAudited(this, by, await this.target(await this.find(id)));
  }

  private async target({ id, kind, tenant }: EndpointHealthRow): Promise<TestTarget> {
    const target = kind === 'registered' ? await findEndpoint(this.database, tenant, id) : await this.adHocTarget(id, tenant);
    if (target === null) throw notFound('This endpoint'); // deleted meanwhile
    return target;
  }

  private async adHocTarget(id: string, tenant: string): Promise<TestTarget> {
    const row = await findRecentRow(this.database, id);
    if (row === null)
      throw new Problem(409, 'no_secret', 'This ad-hoc endpoint has no webhook left; a secret to sign a test with comes from there.');
    const { rows } = await this.database.query<{ sealed: Buffer }>('SELECT sealed FROM postback.webhook_secrets WHERE id = $1', [
      row.secret_id,
    ]);
    const none = { headers_secret_id: null, sealed_headers: null, timeout_ms: null, previous_secret_id: null, previous_sealed: null };
    return { ...none, id, tenant, url: row.url, secret_id: row.secret_id, sealed: rows[0]?.sealed ?? null };
  }

  private async find(id: string): Promise<EndpointHealthRow> {
    const [row] = isId(id) ? await listAllEndpoints(this.database, { id }, null, 1) : [];
    if (row === undefined) throw notFound('This endpoint');
    const { position: _, ...view } = row;
    return view;
  }
}
