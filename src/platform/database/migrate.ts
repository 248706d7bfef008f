import pg from 'pg';
import { migrations } from '../../../migrations/index.js';
import { migrateQueue } from '../queue/migrate-queue.js';
import { createDataSource } from './data-source.js';

/** Any number, as long as every process of Postback takes the same. */
const MIGRATION_LOCK = 7_067_826_901;

/** Brings the schemas `postback` and `pgboss` up to date; processes that boot together take turns. */
export async function migrate(url: string): Promise<void> {
  await underMigrationLock(url, async (client) => {
    await client.query('CREATE SCHEMA IF NOT EXISTS postback');
    await withDataSource(url, (dataSource) => dataSource.runMigrations({ transaction: 'each' }));
    await migrateQueue(url, client);
  });
}

/** Takes back the newest migration of ours; its tables' rows are lost. */
export async function revertLastMigration(url: string): Promise<void> {
  await underMigrationLock(url, () => withDataSource(url, (dataSource) => dataSource.undoLastMigration({ transaction: 'each' })));
}

async function underMigrationLock(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'postback migrate', connectionTimeoutMillis: 10_000 });
  client.on('error', () => {}); // a lost connection also loses the lock, and the statement under way reports it
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await work(client);
  } finally {
    await client.end(); // releases the lock
  }
}

async function withDataSource(url: string, work: (dataSource: ReturnType<typeof createDataSource>) => Promise<unknown>) {
  const dataSource = createDataSource({ url, poolSize: 1, applicationName: 'postback migrate', statementTimeoutMs: 0, migrations });
  await dataSource.initialize();
  try {
    await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}
