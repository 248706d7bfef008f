import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/platform/database/embedded-postgres.js';
import { migrate } from '../../src/platform/database/migrate.js';
import { databaseUrl, TEMPLATE, withClient } from './postgres.js';

let stop: () => Promise<void> = async () => {};

/**
 * Runs in Jest's own process, before the workers start. Uses the server of POSTBACK_TEST_DATABASE_URL, whose user may create
 * databases, else an embedded one that is thrown away.
 */
export async function startTestServer(): Promise<void> {
  process.env.POSTBACK_TEST_SERVER_URL = process.env.POSTBACK_TEST_DATABASE_URL || (await startEmbedded());
  await makeTemplate();
}

export async function stopTestServer(): Promise<void> {
  await withClient((client) => client.query(`DROP DATABASE IF EXISTS ${TEMPLATE} WITH (FORCE)`));
  await stop();
}

/** From template0 and with locale C, so that it is UTF-8 whatever the server's default is. */
async function makeTemplate(): Promise<void> {
  await withClient(async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${TEMPLATE} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${TEMPLATE} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'`);
    await migrate(databaseUrl(TEMPLATE));
    // A stray connection would make every clone fail.
    await client.query(`ALTER DATABASE ${TEMPLATE} ALLOW_CONNECTIONS false`);
  });
}

/** What these tests prove has nothing to do with a power failure, so the disk need not be waited for. */
const serverSettings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '500' };

const DIR_PREFIX = 'postback-test-';

async function startEmbedded(): Promise<string> {
  await sweep();
  exitOnSignals();
  const dir = join(tmpdir(), `${DIR_PREFIX}${process.pid}`);
  mkdirSync(dir, { mode: 0o755 });
  const server = await startEmbeddedPostgres({ dataDir: dir, database: 'postback', log: () => {}, serverSettings });
  stop = async () => {
    await server.stop();
    for (const used of [dir, server.dataDir]) rmSync(used, { recursive: true, force: true });
  };
  return server.url;
}

/** Node dies of these without running its exit hooks, one of which stops the server. */
function exitOnSignals(): void {
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
}

/** Removes what runs that were killed have left behind, a running server included. */
async function sweep(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(DIR_PREFIX))) {
    if (isRunning(Number(name.slice(DIR_PREFIX.length)))) continue;
    // Another run may be sweeping the same, and another user's is not ours to sweep.
    await discard(join(tmpdir(), name)).catch(() => {});
  }
}

/** Starting takes over whatever still runs there, so that stopping ends it. */
async function discard(dataDir: string): Promise<void> {
  const left = await startEmbeddedPostgres({ dataDir, database: 'postback', log: () => {}, serverSettings });
  await left.stop();
  for (const used of [dataDir, left.dataDir]) rmSync(used, { recursive: true, force: true });
}

function isRunning(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
