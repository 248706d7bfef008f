import pg from 'pg';
import { eventually } from './eventually.js';
import type { TestDatabase } from './postgres.js';

/**
 * A transaction that stays open while others run into its locks. `blocked(n)` resolves once Postgres itself reports that `n` of
 * them wait, so a race is one by proof and not by luck.
 */
export class HeldLock {
  private constructor(private readonly client: pg.Client) {}

  static async take(database: TestDatabase, statement: string, values: unknown[] = []): Promise<HeldLock> {
    const client = new pg.Client({ connectionString: database.url });
    client.on('error', () => {}); // of a test that failed half-way, whose database is dropped
    await client.connect();
    await client.query('BEGIN');
    await client.query(statement, values);
    return new HeldLock(client);
  }

  /** Backends that wait for a lock, directly or in the line behind another that does. */
  async blocked(count: number): Promise<void> {
    await eventually(async () => {
      await this.client.query('SELECT pg_stat_clear_snapshot()'); // else one transaction sees the same activity for ever
      const { rows } = await this.client.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM pg_stat_activity
          WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0`,
      );
      return rows[0]!.n >= count;
    }, `${count} connections to wait for a lock`);
  }

  /** Another statement of the same transaction. */
  async run(statement: string): Promise<void> {
    await this.client.query(statement);
  }

  async release(): Promise<void> {
    await this.end('COMMIT');
  }

  /** As if it had never happened: those who wait for a row that this transaction inserted may insert it themselves. */
  async undo(): Promise<void> {
    await this.end('ROLLBACK');
  }

  private async end(how: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    await this.client.query(how);
    await this.client.end();
  }
}
