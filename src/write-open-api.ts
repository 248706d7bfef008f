import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { createAgents } from './agents/index.js';
import { AgentRegistry } from './agents/registry.js';
import { AppModule } from './app.module.js';
import { loadConfig } from './config/load-config.js';
import { describeApi } from './open-api.js';
import { createLogger } from './platform/logging/logger.js';
import { masterKeys } from './platform/secrets/envelope.js';

/**
 * Writes the OpenAPI document, demo agents included, into the file that is named, or to stdout: what `GET /openapi.json` answers.
 * A preview knows the routes and makes none of the parts behind them: no database is needed, and none of these settings is ever used.
 */
const [file = '/dev/stdout'] = process.argv.slice(2);
const databaseUrl = 'postgres://127.0.0.1/never';
const masterKey = Buffer.alloc(32);
const config = loadConfig({ DATABASE_URL: databaseUrl, POSTBACK_MASTER_KEY: masterKey.toString('base64') });
const parts = { config, logger: createLogger('silent'), databaseUrl, masterKeys: masterKeys(masterKey, []) };
const app = await NestFactory.create(AppModule.forRoot(parts), new FastifyAdapter(), { preview: true, logger: false });
const document = describeApi(app, new AgentRegistry(createAgents({ demo: true })));
writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
