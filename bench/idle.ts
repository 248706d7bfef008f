import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { Options } from './support/options.js';
import { connect, startPostgres } from './support/postgres.js';
import { tell } from './support/progress.js';
import { machine, type Report, round, type Summary } from './support/report.js';
import { startService } from './support/service.js';
import { type Called, calledStatements, countStatements } from './support/statements.js';
import { spreadOf } from './support/statistics.js';

const WINDOWS = 6;
/** Transactions per second. */
const BAR = 5;

/** Transactions per second of a service in all roles that has nothing to do, those of pg-boss and of autovacuum included. */
export async function run(options: Options): Promise<Report> {
  const windowMs = options.quick ? 500 : 10_000;
  const postgres = await startPostgres({ ...options, costs: true });
  const databaseUrl = await postgres.createDatabase('idle');
  const database = new URL(databaseUrl).pathname.slice(1);
  // looks on from another database, so that no transaction of its own is among those it counts
  const onlooker = await connect(postgres.url);
  const service = await startService({ databaseUrl, roles: 'api,worker,dispatcher' }, options);
  await delay(options.quick ? 500 : 5_000); // what a start brings with it is over by then
  if (postgres.embedded) await countStatements(onlooker);

  const rates: number[] = [];
  let last = await look(onlooker, database);
  const first = last;
  for (let n = 1; n <= WINDOWS; n += 1) {
    await delay(windowMs);
    const now = await look(onlooker, database);
    rates.push((now.transactions - last.transactions) / (now.atSeconds - last.atSeconds));
    tell(`idle ${n}/${WINDOWS}: ${round(rates.at(-1)!)} transactions/s`);
    last = now;
  }
  const seconds = last.atSeconds - first.atSeconds;
  const called = postgres.embedded ? await calledStatements(onlooker, database) : [];
  await service.stop();
  await onlooker.end();
  return report((last.transactions - first.transactions) / seconds, rates, seconds, called);
}

interface Look {
  transactions: number;
  atSeconds: number;
}

async function look(onlooker: pg.Client, database: string): Promise<Look> {
  const { rows } = await onlooker.query<{ transactions: string; at: string }>(
    `SELECT xact_commit + xact_rollback AS transactions, extract(epoch FROM clock_timestamp()) AS at FROM pg_stat_database WHERE datname = $1`,
    [database],
  );
  return { transactions: Number(rows[0]!.transactions), atSeconds: Number(rows[0]!.at) };
}

function report(perSecond: number, rates: readonly number[], seconds: number, called: readonly Called[]): Report {
  const { low, high } = spreadOf(rates);
  const summary: Summary = {
    scenario: 'idle',
    value: round(perSecond),
    unit: 'transactions/s',
    baseline: null,
    ratio: null,
    bar: `<= ${BAR}`,
    pass: perSecond <= BAR,
    samples: rates.length,
    spread: [round(low), round(high)],
    machine: machine(),
    details: { seconds: round(seconds), windows: rates.map(round), statements: called },
  };
  const lines = [
    `A service in all roles with nothing to do, looked at for ${round(seconds)} s in ${rates.length} windows: ${summary.value} transactions per second (${summary.spread.join(' to ')}), as \`pg_stat_database\` counts them, pg-boss and autovacuum included.`,
    '',
    '| calls | per second | statement |',
    '|---|---|---|',
    ...called.map(({ calls, statement }) => `| ${calls} | ${round(calls / seconds)} | \`${statement}\` |`),
  ];
  return { summary, lines };
}
