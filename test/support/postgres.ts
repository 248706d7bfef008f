import { randomUUID } from 'node:crypto';
import pg from 'pg';

export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

/** Made by the global set-up; nobody may connect to it. */
export const TEMPLATE = 'postback_template';

/** An empty, migrated database of one's own: call it once per test file, and `drop` it after all. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `postback_test_${randomUUID().replaceAll('-', '')}`;
  await withClient((client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} STRATEGY FILE_COPY`)); // a third of the default's time
  return { url: databaseUrl(name), drop: () => dropDatabase(name) };
}

/** Whoever is still connected is disconnected. */
async function dropDatabase(name: string): Promise<void> {
  await withClient((client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
}

/** Runs `work` with a connection to the test server, in no database of ours. */
export async function withClient<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: databaseUrl('postgres') });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The URL of a database on the test server. */
export function databaseUrl(database: string): string {
  const url = new URL(process.env.POSTBACK_TEST_SERVER_URL ?? '');
  url.pathname = `/${database}`;
  return url.href;
}
