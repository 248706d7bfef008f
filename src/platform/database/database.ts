import type { DataSource, QueryRunner } from 'typeorm';
import type { Result, Sql, Tx } from './sql.js';

/** What TypeORM hands out as a connection, in as much as we use it. */
interface Client {
  query(text: string): Promise<unknown>;
}

/** The pool as the rest of the code sees it: single statements, and transactions that can be seen in the code. */
export class Database implements Sql {
  constructor(private readonly dataSource: DataSource) {}

  async query<Row = Record<string, unknown>>(text: string, values: unknown[] = []): Promise<Result<Row>> {
    const runner = this.dataSource.createQueryRunner();
    try {
      return await runStatement<Row>(runner, text, values);
    } catch (error) {
      throw runner.isReleased ? new ConnectionLost(error) : error;
    } finally {
      await runner.release();
    }
  }

  /** Commits what `work` wrote, or rolls all of it back and rethrows. */
  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const client: Client = await runner.connect();
      // not waited for: it travels with the first statement, and is answered before it
      const begun = client.query('START TRANSACTION');
      const [result] = await Promise.all([
        work({ transaction: true, query: (text, values = []) => runStatement(runner, text, values) }),
        begun,
      ]);
      await runner.query('COMMIT');
      return result;
    } catch (error) {
      if (runner.isReleased) throw new ConnectionLost(error);
      await runner.query('ROLLBACK').catch(() => {}); // a connection that died has nothing left to roll back; the first error is the one worth telling
      throw error;
    } finally {
      await runner.release();
    }
  }

  async close(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}

/** The connection died under a statement or between two. TypeORM then speaks of its released query runner, which tells nobody what to do. */
export class ConnectionLost extends Error {
  /** SQLSTATE connection_failure */
  readonly code = '08006';

  constructor(cause: unknown) {
    super('The connection to Postgres was lost.', { cause });
    this.name = 'ConnectionLost';
  }
}

/** The structured form of TypeORM's query: the plain one returns rows for SELECT but [rows, count] for UPDATE. */
async function runStatement<Row>(runner: QueryRunner, text: string, values: unknown[]): Promise<Result<Row>> {
  const { records, affected } = await runner.query(text, values, true);
  return { rows: (records ?? []) as Row[], count: affected ?? records?.length ?? 0 };
}
