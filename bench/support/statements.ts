import type pg from 'pg';
import { tell } from './progress.js';

/** From now on, which statements of this database take how much. */
export async function countStatements(client: pg.Client): Promise<void> {
  await client.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
  await client.query('SELECT pg_stat_statements_reset()');
}

interface Counted {
  calls: number;
  total_ms: number;
  mean_ms: number;
  rows: number;
  buffers: number;
  query: string;
}

export async function tellStatements(client: pg.Client): Promise<void> {
  const { rows } = await client.query<Counted>(
    `SELECT calls::int, total_exec_time::int AS total_ms, round(mean_exec_time::numeric, 2)::float AS mean_ms, rows::int,
            (shared_blks_hit + shared_blks_read)::float AS buffers, left(regexp_replace(query, '\\s+', ' ', 'g'), 110) AS query
       FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
      ORDER BY total_exec_time DESC LIMIT 20`,
  );
  tell('total ms |   calls | mean ms |     rows | buffers/call | statement');
  for (const { calls, total_ms, mean_ms, rows: touched, buffers, query } of rows) {
    const figures = [pad(total_ms, 8), pad(calls, 7), pad(mean_ms, 7), pad(touched, 8), pad(Math.round(buffers / calls), 12)];
    tell(`${figures.join(' | ')} | ${query}`);
  }
}

export interface Called {
  calls: number;
  /** Its beginning. */
  statement: string;
}

/** How often each statement was called in one database, the most frequent first; asked from any other database of the server. */
export async function calledStatements(client: pg.Client, database: string): Promise<Called[]> {
  const { rows } = await client.query<Called>(
    `SELECT calls::int, left(regexp_replace(trim(query), '\\s+', ' ', 'g'), 160) AS statement
       FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = $1)
      ORDER BY calls DESC`,
    [database],
  );
  return rows;
}

const pad = (value: number, width: number) => String(value).padStart(width);
