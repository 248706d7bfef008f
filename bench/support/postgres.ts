import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/platform/database/embedded-postgres.js';
import { migrate } from '../../src/platform/database/migrate.js';
import { atEnd } from './cleanup.js';
import type { Options } from './options.js';

/** A Postgres for one run of the bench: that of DATABASE_URL, whose user may create databases, else one that is thrown away. */
export interface BenchPostgres {
  /** Of the database `postgres`, or of whatever DATABASE_URL names. */
  url: string;
  /** Ours to change and to throw away. */
  embedded: boolean;
  /** A migrated database of its own; its URL. */
  createDatabase(name: string): Promise<string>;
}

/** As the service starts it: a commit waits for the disk, here as there. */
export async function startPostgres({ costs }: Options): Promise<BenchPostgres> {
  const given = process.env.DATABASE_URL;
  const url = given || (await startEmbedded(costs ? { ...serverSettings, ...countingSettings } : serverSettings));
  return { url, embedded: !given, createDatabase: (name) => createDatabase(url, `postback_bench_${name}_${process.pid}`) };
}

async function startEmbedded(serverSettings: Record<string, string>): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'postback-bench-'));
  const server = await startEmbeddedPostgres({ dataDir: join(dir, 'data'), database: 'postgres', log: () => {}, serverSettings });
  atEnd(async () => {
    await server.stop();
    for (const used of [dir, server.dataDir]) rmSync(used, { recursive: true, force: true });
  });
  return server.url;
}

const serverSettings = { max_connections: '200' };
const countingSettings = { shared_preload_libraries: 'pg_stat_statements' };

async function createDatabase(serverUrl: string, name: string): Promise<string> {
  await onServer(serverUrl, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'`);
  atEnd(() => onServer(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  await migrate(url.href);
  return url.href;
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = await connect(url);
  await client.query(statement);
  await client.end();
}

export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {}); // a database that is dropped at the end; the statement under way reports it
  await client.connect();
  return client;
}
