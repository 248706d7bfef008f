import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import type { FastifyError, FastifyReply } from 'fastify';
import { AgentRegistry } from './agents/registry.js';
import { AppModule, type AppParts } from './app.module.js';
import type { Config } from './config/config.js';
import { describeApi } from './open-api.js';
import { Clock } from './platform/clock.js';
import { ApiDocument } from './platform/http/api-document.js';
import { type DoorParts, guardTheDoor } from './platform/http/door.js';
import { acceptOnlySafeJson } from './platform/http/json-body.js';
import { KeyCache } from './platform/http/key-cache.js';
import { KeyLimits } from './platform/http/key-limits.js';
import { problemBody, toProblem } from './platform/http/problem.filter.js';
import { PublicUrl } from './platform/http/public-url.js';
import { writeRouteRules } from './platform/http/route-rules.js';
import { RouteTable } from './platform/http/route-table.js';
import { securityHeaders } from './platform/http/security-headers.js';
import { serverOptions } from './platform/http/server-options.js';
import { SessionCache } from './platform/http/session-cache.js';
import { ShutdownSign } from './platform/lifecycle/shutdown-sign.js';
import { NestLogger } from './platform/logging/nest-logger.js';
import { packageRoot } from './platform/package-root.js';
import { serveConsole } from './serve-console.js';

/** The service, ready to `listen` (role api) or `init` (the others). */
export async function createApp(parts: AppParts): Promise<NestFastifyApplication> {
  const { config } = parts;
  const headersFor = securityHeaders(config.http.publicUrl);
  const adapter = new FastifyAdapter({
    ...serverOptions(config, headersFor('/')),
    frameworkErrors: (error: FastifyError, _request: unknown, reply: FastifyReply) => answerProblem(error, reply.headers(headersFor('/'))),
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(parts), adapter, {
    bodyParser: false,
    bufferLogs: false,
    abortOnError: false,
    logger: new NestLogger(parts.logger),
  });
  if (config.roles.includes('api')) {
    openDoor(app, config, headersFor);
    documentApi(app);
    serveConsole(app.getHttpAdapter().getInstance(), packageRoot('dist/console'));
  }
  return app;
}

/** Nobody gets past it unjudged, and nothing but safe JSON. Before the first route is mounted. */
function openDoor(app: NestFastifyApplication, { http }: Config, headersFor: DoorParts['headersFor']): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.server.maxConnections = http.maxConnections;
  const policy = { ratePerSecond: http.keyRatePerSecond, burst: http.keyBurst, maxInFlight: http.keyMaxInFlight };
  const [clock, shutdown] = [app.get(Clock), app.get(ShutdownSign)];
  writeRouteRules(app);
  guardTheDoor(fastify, {
    keys: app.get(KeyCache),
    sessions: app.get(SessionCache),
    limits: new KeyLimits(policy),
    routes: app.get(RouteTable),
    policy,
    isPublicPage: (url) => /^\/(docs(\/.*)?|openapi\.(json|yaml)|console(\/\*)?)$/.test(url),
    headersFor,
    bodyMaxBytes: http.bodyMaxBytes,
    publicUrl: () => app.get(PublicUrl).get(),
    now: () => clock.monotonic(),
    closing: () => shutdown.begun,
  });
  acceptOnlySafeJson(fastify);
}

/** What the router refuses before Nest sees it, such as a broken %-escape in the path. */
function answerProblem(error: FastifyError, reply: FastifyReply): void {
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
