import { ConfigError } from './config/config-error.js';
import { readEnvironment } from './config/environment.js';
import { loadConfig } from './config/load-config.js';
import { migrate, revertLastMigration } from './platform/database/migrate.js';
import { startDatabase } from './start-database.js';

/** `npm run migrate`: brings the database up to date without starting the service. `npm run migrate -- down` takes the newest one back. */
const direction = process.argv[2] ?? 'up';
const tell = (line: string) => process.stderr.write(`${line}\n`);

try {
  if (direction !== 'up' && direction !== 'down') throw new Error(`"${direction}" is no direction. Use: npm run migrate [-- up | -- down]`);
  const database = await startDatabase(loadConfig(readEnvironment(), 'database'), tell);
  try {
    await (direction === 'up' ? migrate(database.url) : revertLastMigration(database.url));
  } finally {
    await database.stop();
  }
  tell(direction === 'up' ? 'The database is up to date.' : 'The newest migration was taken back.');
} catch (error) {
  tell(error instanceof ConfigError ? error.message : `The migration failed: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
