import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { bootstrapKeys } from './bootstrap-keys.js';
import type { Config } from './config/config.js';
import { createApp } from './create-app.js';
import { awaitDatabase } from './platform/database/await-database.js';
import { Database } from './platform/database/database.js';
import { migrate } from './platform/database/migrate.js';
import { PublicUrl } from './platform/http/public-url.js';
import { armFailPoint } from './platform/lifecycle/fail-point.js';
import type { Logger } from './platform/logging/logger.js';
import { Keyring } from './platform/secrets/keyring.js';
import { type StartedDatabase, startDatabase } from './start-database.js';
import { assertSecretsOpen } from './webhooks/endpoints/assert-secrets-open.js';
import { sealHeaders } from './webhooks/endpoints/seal-headers.js';

/** A service that runs. */
export interface Running {
  app: NestFastifyApplication;
  /** Where it answers; null without the role api. */
  url: string | null;
  databaseUrl: string;
  /** Finishes or gives back what is under way, then stops everything that `boot` started. */
  stop(): Promise<void>;
}

/** @param tell takes sentences for the person at the terminal, apart from the log */
export async function boot(config: Config, logger: Logger, tell: (line: string) => void): Promise<Running> {
  armFailPoint(config.failPoint);
  const database = await startDatabase(config, tell);
  try {
    return await awaitDatabase(() => start(config, logger, database, tell), config.database.waitMs, tell);
  } catch (error) {
    await database.stop();
    throw error;
  }
}

async function start(config: Config, logger: Logger, database: StartedDatabase, tell: (line: string) => void): Promise<Running> {
  await migrate(database.url);
  // none was asked for only where nothing is sealed: see `ConfigNeed`
  const app = await createApp({ config, logger, databaseUrl: database.url, masterKeys: database.masterKeys! });
  try {
    await assertSecretsOpen(app.get(Database), app.get(Keyring));
    await sealHeaders(app.get(Database), app.get(Keyring));
    await bootstrapKeys(app.get(Database), config, tell);
    const url = config.roles.includes('api') ? await listen(app, config) : await init(app);
    return { app, url, databaseUrl: database.url, stop: () => app.close().finally(() => database.stop()) };
  } catch (error) {
    await app.close().catch(() => {}); // whatever runs already would miss its database
    throw error;
  }
}

async function listen(app: NestFastifyApplication, { http }: Config): Promise<string> {
  const server = app.getHttpServer();
  const portOf = () => (server.address() as AddressInfo).port;
  server.once('listening', () => app.get(PublicUrl).listensOn(portOf())); // before the first request
  await app.listen(http.port, http.host);
  return `http://${http.host.includes(':') ? `[${http.host}]` : http.host}:${portOf()}`;
}

async function init(app: NestFastifyApplication): Promise<null> {
  await app.init();
  return null;
}
