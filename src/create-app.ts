import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import type { FastifyError, FastifyReply } from 'fastify';
import { AgentRegistry } from './agents/registry.js';
import { AppModule, type AppParts } from './app.module.js';
import { describeApi } from './open-api.js';
import { ApiDocument } from './platform/http/api-document.js';
import { acceptOnlySafeJson } from './platform/http/json-body.js';
import { problemBody, toProblem } from './platform/http/problem.filter.js';
import { NestLogger } from './platform/logging/nest-logger.js';

/** The service, ready to `listen` (role api) or `init` (the others). */
export async function createApp(parts: AppParts): Promise<NestFastifyApplication> {
  const { config } = parts;
  const adapter = new FastifyAdapter({
    bodyLimit: config.http.bodyMaxBytes,
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    keepAliveTimeout: 72_000, // longer than the usual load balancer's, so that it is never ours that closes first
    return503OnClosing: true,
    routerOptions: { maxParamLength: 256 },
    frameworkErrors: answerProblem,
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(parts), adapter, {
    bodyParser: false,
    bufferLogs: false,
    abortOnError: false,
    logger: new NestLogger(parts.logger),
  });
  acceptOnlySafeJson(app.getHttpAdapter().getInstance());
  if (config.roles.includes('api')) documentApi(app);
  return app;
}

/** What the router refuses before Nest sees it, such as a broken %-escape in the path. */
function answerProblem(error: FastifyError, _request: unknown, reply: FastifyReply): void {
  const problem = toProblem(error);
  void reply
    .status(problem.status)
    .type('application/problem+json')
    .send(JSON.stringify(problemBody(problem)));
}

function documentApi(app: NestFastifyApplication): void {
  const document = describeApi(app, app.get(AgentRegistry));
  app.get(ApiDocument).set(document);
  SwaggerModule.setup('docs', app, document, { jsonDocumentUrl: 'openapi.json', yamlDocumentUrl: 'openapi.yaml' });
}
