import { Controller, Get, Headers, Inject, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Config } from '../config/config.js';
import { ApiProblems } from '../platform/http/api-problems.js';
import { Public } from '../platform/http/principal.js';
import { Problem } from '../platform/http/problem.js';
import { CONFIG } from '../platform/tokens.js';
import { Exposition } from './exposition.js';
import { mayScrape } from './may-scrape.js';

@ApiTags('health')
@Controller('metrics')
@Public()
export class MetricsController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly exposition: Exposition,
  ) {}

  /** What this process counts and what the tables hold, in Prometheus' text format. */
  @Get()
  @ApiOperation({ summary: 'Metrics for Prometheus', security: [] })
  @ApiProduces('text/plain')
  @ApiOkResponse({ description: 'In the text format of Prometheus, version 0.0.4.', schema: { type: 'string' } })
  @ApiProblems({ 401: { unauthorized: '`POSTBACK_METRICS_TOKEN` is set, and this is not it.' } })
  async read(@Headers('authorization') authorization: string | undefined, @Res() reply: FastifyReply): Promise<void> {
    if (!mayScrape(this.config.http.metricsToken, authorization)) {
      const headers = { 'www-authenticate': 'Bearer realm="postback metrics"' };
      throw new Problem(401, 'unauthorized', 'Send the metrics token: Authorization: Bearer <POSTBACK_METRICS_TOKEN>.', { headers });
    }
    void reply.header('content-type', this.exposition.contentType).send(await this.exposition.read());
  }
}
