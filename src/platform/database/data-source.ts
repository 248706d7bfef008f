import pg from 'pg';
import { DataSource, type MigrationInterface } from 'typeorm';

export interface DataSourceSettings {
  url: string;
  poolSize: number;
  applicationName: string;
  migrations?: (new () => MigrationInterface)[];
  /** Longest time for one statement, in ms; 0 for none, which only a migration may need. */
  statementTimeoutMs?: number;
}

/**
 * What has left an index is visited by each scan until one marks it as dead in there, which those that go by bitmap never do: they would
 * visit every task that ran and every row that was in flight since the last vacuum. Our statements have indexes to themselves.
 */
export const SESSION_OPTIONS = '-c enable_bitmapscan=off';

/**
 * One pool for one process. Every wait in it is bounded: a stopped backend or a silent network would otherwise
 * hang its query for ever and empty the pool, one client after the other.
 */
export function createDataSource(settings: DataSourceSettings): DataSource {
  const statementTimeoutMs = settings.statementTimeoutMs ?? 15_000;
  return new DataSource({
    type: 'postgres',
    url: settings.url,
    schema: 'postback',
    migrations: settings.migrations ?? [],
    migrationsTableName: 'migrations',
    synchronize: false,
    logging: false,
    installExtensions: false,
    poolErrorHandler: () => {}, // an idle client died; the pool replaces it, and the next query tells if there is more to it
    extra: {
      Client: ListeningClient,
      max: settings.poolSize,
      // a new connection has planned nothing yet: opened for what comes every quarter of a minute, it would keep everybody waiting each time
      idleTimeoutMillis: 600_000,
      application_name: settings.applicationName,
      connectionTimeoutMillis: 5_000,
      // the server ends a slow statement first; the client's own limit is for a server that no longer answers
      statement_timeout: statementTimeoutMs,
      query_timeout: statementTimeoutMs === 0 ? 0 : statementTimeoutMs + 5_000,
      idle_in_transaction_session_timeout: 30_000,
      keepAlive: true,
      options: SESSION_OPTIONS,
      // statements that are issued together travel together, instead of each waiting for the answer to the one before
      pipeline: true,
    },
  });
}

/**
 * Hears `error` from its birth. Between the pool, which stops listening when it hands a client out, and its taker, who starts a moment
 * later, nobody would: a connection that Postgres ends just then would end the whole process.
 */
class ListeningClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config);
    this.on('error', () => {}); // the statement under way, or the next one, fails with it
  }
}
