import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import type { Database } from '../../src/platform/database/database.js';
import type { Result, Tx } from '../../src/platform/database/sql.js';
import { buffersOf, type PlanNode } from './plan-tree.js';

/** One statement as Postgres ran it. */
export interface Explained {
  statement: string;
  /** Shared buffers hit or read. */
  buffers: number;
  ms: number;
  plan: Plan;
}

/**
 * A database as the delivery code sees it, on one connection, that explains every statement before it runs it: the very statements,
 * values and transactions of the service. The explained run is undone, so that the real one finds what it would have found.
 */
export class ExplainingDatabase {
  explained: Explained[] = [];

  constructor(private readonly client: pg.Client) {}

  /** For functions that ask for the service's own class. */
  get database(): Database {
    return this as unknown as Database;
  }

  async query<Row>(text: string, values: unknown[] = []): Promise<Result<Row>> {
    return this.transaction((tx) => tx.query<Row>(text, values));
  }

  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    await this.client.query('BEGIN');
    try {
      const result = await work({ transaction: true, query: (text, values = []) => this.run(text, values) });
      await this.client.query('COMMIT');
      return result;
    } catch (error) {
      await this.client.query('ROLLBACK');
      throw error;
    }
  }

  private async run<Row>(text: string, values: unknown[]): Promise<Result<Row>> {
    if (HAS_PLAN.test(text)) await this.explain(text, values);
    const { rows, rowCount } = await this.client.query(text, values);
    return { rows: rows as Row[], count: rowCount ?? 0 };
  }

  private async explain(text: string, values: unknown[]): Promise<void> {
    await this.client.query('SAVEPOINT explain');
    const { rows: plans } = await this.client.query<{ 'QUERY PLAN': [Plan] }>(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`, values);
    await this.client.query('ROLLBACK TO SAVEPOINT explain');
    this.explained.push(read(text, plans[0]!['QUERY PLAN'][0]));
  }
}

/** SET and the like have none. */
const HAS_PLAN = /^\s*(WITH|SELECT|INSERT|UPDATE|DELETE)\b/i;

interface Plan {
  Plan: PlanNode;
  'Execution Time': number;
}

function read(statement: string, plan: Plan): Explained {
  return { statement, buffers: buffersOf(plan.Plan), ms: plan['Execution Time'], plan };
}

/** Readable plans of what was just explained, one file each. */
export function writePlans(directory: string, name: string, explained: readonly Explained[]): void {
  mkdirSync(directory, { recursive: true });
  explained.forEach(({ statement, plan }, i) => {
    writeFileSync(
      join(directory, `${name}-${i + 1}.json`),
      `${JSON.stringify({ statement: statement.trim().split('\n'), plan }, null, 1)}\n`,
    );
  });
}
