import type pg from 'pg';
import { newId } from '../src/platform/ids.js';
import { claimDue, type Delivery } from '../src/webhooks/delivery/claim-due.js';
import { findDueEndpoints, START } from '../src/webhooks/delivery/find-due-endpoints.js';
import { createEndpoints, type Endpoints, urlsUnder } from './support/endpoints.js';
import { type Explained, ExplainingDatabase, writePlans } from './support/explaining.js';
import { fillHistory } from './support/fill-history.js';
import { loadRows, settle } from './support/load-rows.js';
import type { Options } from './support/options.js';
import { type BenchPostgres, connect, startPostgres } from './support/postgres.js';
import { tell } from './support/progress.js';
import { compare, pairTable, type Report, round } from './support/report.js';
import { alternate, quantile } from './support/statistics.js';

const ENDPOINTS = 50;
const LIVE_ROWS = 4_000;
/** As one dispatcher asks by default. */
const LIMITS = { freeSlots: 200, freeSlowSlots: 128, perTurn: 10, endpointMaxInFlight: 10, originMaxInFlight: 50 };

/** What a claim costs beside millions of delivered rows, against the same claim in an outbox without a past: in shared buffers, exactly. */
export async function run(options: Options): Promise<Report> {
  const rows = options.rows ?? (options.quick ? 50_000 : 2_000_000);
  const rounds = options.rounds ?? (options.quick ? 3 : 15);
  const postgres = await startPostgres(options);
  const full = await prepare(postgres, 'history', rows);
  const empty = await prepare(postgres, 'empty', 0);
  const times = { full: [] as number[], empty: [] as number[] };

  const pairs = await alternate(
    rounds,
    () => claimOnce(full, times.full),
    () => claimOnce(empty, times.empty),
    (n, pair) => tell(`history ${n}/${rounds}: ${pair.ours} buffers, without history ${pair.baseline}`),
  );
  if (options.plans !== null) {
    writePlans(options.plans, 'history', full.last);
    writePlans(options.plans, 'empty', empty.last);
  }
  const summary = compare('history', 'shared buffers per claim', pairs, { atMost: 1.3 });
  const p95 = { withHistory: round(quantile(times.full.slice(1), 0.95)), without: round(quantile(times.empty.slice(1), 0.95)) };
  const what = `A look and a claim of up to 200 rows from ${ENDPOINTS} endpoints, beside ${rows} delivered rows. Time of both, p95: ${p95.withHistory} ms, without history ${p95.without} ms.`;
  const names = { ours: 'buffers', baseline: 'without history' };
  return {
    summary: { ...summary, details: { deliveredRows: rows, p95Ms: p95 } },
    lines: [...pairTable(what, names, pairs, summary), '', ...byStatement(full.last, empty.last)],
  };
}

interface Outbox {
  client: pg.Client;
  endpoints: Endpoints;
  explaining: ExplainingDatabase;
  last: Explained[];
}

async function prepare(postgres: BenchPostgres, name: string, delivered: number): Promise<Outbox> {
  const url = await postgres.createDatabase(name);
  const client = await connect(url);
  const origins = Array.from({ length: ENDPOINTS }, (_, i) => `http://127.0.0.1:${9_000 + i}`);
  const endpoints = await createEndpoints(url, urlsUnder(origins, 1));
  // quick ones, as after their first answer
  await client.query('UPDATE postback.webhook_endpoints SET latency_ms = 5');
  if (delivered > 0) await fillHistory(url, endpoints, delivered);
  await loadRows(client, { rows: LIVE_ROWS, to: endpoints, dueInMs: -1_000 });
  await settle(client);
  return { client, endpoints, explaining: new ExplainingDatabase(client), last: [] };
}

/** Buffers of one look and one claim, as the dispatcher does them. The claimed rows then count as delivered. */
async function claimOnce(outbox: Outbox, times: number[]): Promise<number> {
  const { explaining, endpoints } = outbox;
  explaining.explained = [];
  await findDueEndpoints(explaining, START, 200);
  const lease = { token: newId(), ms: 30_000, claimedBy: newId() };
  const { deliveries } = await claimDue(explaining.database, endpoints.ids, LIMITS, lease);
  if (deliveries.length !== LIMITS.freeSlots) throw new Error(`A claim took ${deliveries.length} rows instead of ${LIMITS.freeSlots}.`);
  outbox.last = explaining.explained;
  times.push(sum(outbox.last.map(({ ms }) => ms)));
  await deliver(outbox.client, deliveries);
  return sum(outbox.last.map(({ buffers }) => buffers));
}

async function deliver(client: pg.Client, deliveries: readonly Delivery[]): Promise<void> {
  await client.query(
    `UPDATE postback.webhook_outbox SET status = 'delivered', delivered_at = now(), lease_token = NULL, next_attempt_at = NULL WHERE id = ANY ($1)`,
    [deliveries.map(({ id }) => id)],
  );
}

function byStatement(full: readonly Explained[], empty: readonly Explained[]): string[] {
  const name = (statement: string) => statement.trim().replaceAll(/\s+/g, ' ').slice(0, 60);
  return [
    '| statement (of the last claim) | buffers | without history | ms | without history |',
    '|---|---|---|---|---|',
    ...full.map((each, i) => {
      const other = empty[i]!;
      return `| \`${name(each.statement)}\` | ${each.buffers} | ${other.buffers} | ${round(each.ms)} | ${round(other.ms)} |`;
    }),
  ];
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
