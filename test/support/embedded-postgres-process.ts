import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/platform/database/embedded-postgres.js';

/**
 * A process with an embedded Postgres, for tests that end it in some way. Arguments: the data directory, and what to do once
 * it runs: `wait` (for SIGINT, then query and stop, as an application that drains) or `exit` (without a stop).
 */
const [dataDir = '', then] = process.argv.slice(2);
const server = await startEmbeddedPostgres({ dataDir, database: 'postback', log: () => {} });
const keepAlive = setInterval(() => {}, 60_000);
process.once('SIGINT', drain);
console.log(`started ${server.url}`);
if (then === 'exit') process.exit(1);

async function drain(): Promise<void> {
  clearInterval(keepAlive);
  const client = new pg.Client(server.url);
  await client.connect();
  await client.query('SELECT 1');
  await client.end();
  await server.stop();
  console.log('drained');
}
