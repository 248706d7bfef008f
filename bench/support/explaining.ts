import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import type { Database } from '../../src/platform/database/database.js';
import type { PipelinedTx, Prepared, Result, Tx } from '../../src/platform/database/sql.js';
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

  async query<Row>(statement: string | Prepared, values: unknown[] = []): Promise<Result<Row>> {
    return this.transaction((tx) => tx.query<Row>(statement, values));
  }

  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    await this.client.query('BEGIN');
    try {
      const result = await work({ transaction: true, query: (statement, values = []) => this.run(statement, values) });
      await this.client.query('COMMIT');
      return result;
    } catch (error) {
      await this.client.query('ROLLBACK');
      throw error;
    }
  }

  /** Each statement is explained, then run, before the next one is: nothing is pipelined here. */
  async pipelined<T>(work: (tx: PipelinedTx) => Promise<T>): Promise<T> {
    let before: Promise<unknown> = Promise.resolve();
    const inTurn = <Row>(tx: Tx, statement: string | Prepared, values?: unknown[]) => {
      const answer = before.then(() => tx.query<Row>(statement, values));
      before = answer;
      return answer;
    };
    return this.transaction((tx) => {
      const query: Tx['query'] = (statement, values) => inTurn(tx, statement, values);
      return work({ transaction: true, query, last: query });
    });
  }

  private async run<Row>(statement: string | Prepared, values: unknown[]): Promise<Result<Row>> {
    const text = typeof statement === 'string' ? statement : statement.text;
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
