import 'reflect-metadata';
import { AgentError } from './agents/registry.js';
import { boot } from './boot.js';
import { ConfigError } from './config/config-error.js';
import { readEnvironment } from './config/environment.js';
import { loadConfig } from './config/load-config.js';
import { createLogger, type Logger } from './platform/logging/logger.js';

/** The log goes to stdout, one JSON line each; what a person should read goes to stderr. */
const tell = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** Wrong password, no such role or not from here, no such database. */
const REFUSED_BY_POSTGRES = ['28P01', '28000', '3D000'];

try {
  const config = loadConfig(readEnvironment());
  const logger = createLogger(config.log.level);
  const service = await boot(config, logger, tell);
  stopOnSignal(service.stop, logger);
  logger.info({ event: 'service.ready', url: service.url, roles: config.roles, pid: process.pid }, 'service.ready');
  tell(
    service.url === null
      ? `Postback works as ${config.roles.join(' and ')}.`
      : `Postback is ready at ${service.url} (API documentation at ${service.url}/docs).`,
  );
} catch (error) {
  tell(error instanceof ConfigError ? error.message : `Postback could not start: ${explain(error)}`);
  process.exit(1);
}

/** The first signal drains, a second one does not wait for it. */
function stopOnSignal(stop: () => Promise<void>, logger: Logger): void {
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(130);
    stopping = true;
    logger.info({ event: 'service.stopping', signal }, 'service.stopping');
    stop().then(
      () => process.exit(0),
      (error) => {
        logger.error({ event: 'service.stop_failed', err: error }, 'The service could not stop in good order');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AgentError) return error.message;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return `${error.message}. Another program listens there; set PORT to a free port.`;
  if (code === 'ECONNREFUSED') return `${error.message}. Is the Postgres of DATABASE_URL running?`;
  if (code !== undefined && REFUSED_BY_POSTGRES.includes(code))
    return `${error.message}. Check the name and password in DATABASE_URL; the database must exist.`;
  return error.stack ?? error.message;
}
