import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { ConfigError } from '../config/config-error.js';
import { securityHeaders } from '../platform/http/security-headers.js';
import type { Logger } from '../platform/logging/logger.js';
import { CONFIG, LOGGER } from '../platform/tokens.js';
import { Exposition } from './exposition.js';
import { mayScrape } from './may-scrape.js';

/** `/metrics` on a port of its own, for processes that answer no other HTTP, or whose port is public. */
@Injectable()
export class MetricsListener implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private server: Server | null = null;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly exposition: Exposition,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { metricsPort, host, maxConnections, publicUrl } = this.config.http;
    if (metricsPort === 0) return;
    const headers = Object.entries(securityHeaders(publicUrl)('/metrics'));
    this.server = createServer({ requestTimeout: 10_000 }, (request, response) => {
      response.setHeaders(new Map(headers));
      this.answer(request, response).catch((error) => {
        this.logger.warn({ event: 'metrics.scrape_failed', err: error }, 'Could not answer a scrape');
        response.writeHead(500).end();
      });
    });
    this.server.maxConnections = maxConnections;
    this.server.listen(metricsPort, host);
    await once(this.server, 'listening').catch((error) => {
      throw new ConfigError([
        `POSTBACK_METRICS_PORT is ${metricsPort}, where nothing can listen: ${error.message}. Set it to a free port.`,
      ]);
    });
  }

  beforeApplicationShutdown(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }

  private async answer({ method, url, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    if (method !== 'GET' || url?.split('?')[0] !== '/metrics') return void response.writeHead(404).end();
    if (!mayScrape(this.config.http.metricsToken, headers.authorization)) {
      return void response.writeHead(401, { 'www-authenticate': 'Bearer realm="postback metrics"' }).end();
    }
    const text = await this.exposition.read();
    response.writeHead(200, { 'content-type': this.exposition.contentType }).end(text);
  }
}
