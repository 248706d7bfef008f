import type { Pool, PoolClient, QueryResultRow } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import type { PipelinedTx, Prepared, Result, Sql, Tx } from './sql.js';

export interface PoolState {
  used: number;
  idle: number;
  waiting: number;
}

/** The pool as the rest of the code sees it: single statements, and transactions that can be seen in the code. */
export class Database implements Sql {
  constructor(private readonly dataSource: DataSource) {}

  query<Row = Record<string, unknown>>(statement: string | Prepared, values: unknown[] = []): Promise<Result<Row>> {
    return this.withConnection((runner) => runStatement<Row>(runner, statement, values));
  }

  /** Commits what `work` wrote, or rolls all of it back and rethrows. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.withConnection(async (runner) => {
      await runStatement(runner, 'BEGIN');
      try {
        const result = await work({ transaction: true, query: (statement, values = []) => runStatement(runner, statement, values) });
        await runStatement(runner, 'COMMIT');
        return result;
      } catch (error) {
        await rollBack(runner);
        throw error;
      }
    });
  }

  /**
   * As `transaction`, with fewer round trips: the first statements leave together with BEGIN, and the last one may take COMMIT along.
   * Should BEGIN fail, which takes a cancelled or dying connection at that very moment, they are on their own: each of them must be
   * harmless when it is committed without the others.
   */
  pipelined<T>(work: (tx: PipelinedTx) => Promise<T>): Promise<T> {
    return this.withConnection(async (runner) => {
      await runner.connect();
      const begun = runStatement(runner, 'BEGIN');
      begun.catch(() => {}); // heard below
      let committed: Promise<unknown> | null = null;
      const query: Tx['query'] = (statement, values = []) => runStatement(runner, statement, values);
      const last: PipelinedTx['last'] = async <Row>(statement: string | Prepared, values: unknown[] = []) => {
        const answer = runStatement<Row>(runner, statement, values);
        committed = runStatement(runner, 'COMMIT');
        committed.catch(() => {}); // heard below
        return answer;
      };
      try {
        const result = await work({ transaction: true, query, last });
        await begun;
        await (committed ?? runStatement(runner, 'COMMIT'));
        return result;
      } catch (error) {
        await begun;
        await rollBack(runner);
        throw error;
      }
    });
  }

  /** Connections of the pool right now, and how many callers wait for one. */
  get poolState(): PoolState {
    const { totalCount, idleCount, waitingCount } = (this.dataSource.driver as PostgresDriver).master as Pool;
    return { used: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  }

  async close(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  private async withConnection<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      return await work(runner);
    } catch (error) {
      throw runner.isReleased ? new ConnectionLost(error) : error;
    } finally {
      await runner.release();
    }
  }
}

/** The connection died under a statement or between two: TypeORM has then released it by itself. */
export class ConnectionLost extends Error {
  /** SQLSTATE connection_failure */
  readonly code = '08006';

  constructor(cause: unknown) {
    super('The connection to Postgres was lost.', { cause });
    this.name = 'ConnectionLost';
  }
}

/** On the connection itself: TypeORM's own `query` knows no prepared statements, and answers differently by command. */
async function runStatement<Row>(runner: QueryRunner, statement: string | Prepared, values: unknown[] = []): Promise<Result<Row>> {
  if (runner.isReleased) throw new ConnectionLost(undefined); // the client it had may be somebody else's by now
  const client: PoolClient = await runner.connect();
  const query = typeof statement === 'string' ? { text: statement, values } : { name: statement.name, text: statement.text, values };
  const { rows, rowCount } = await client.query<QueryResultRow>(query);
  return { rows: rows as Row[], count: rowCount ?? rows.length };
}

/** A connection that died has nothing left to roll back; the first error is the one worth telling. */
async function rollBack(runner: QueryRunner): Promise<void> {
  if (!runner.isReleased) await runStatement(runner, 'ROLLBACK').catch(() => {});
}
