import type pg from 'pg';
import { drain } from './support/drain.js';
import { createEndpoints, urlsUnder } from './support/endpoints.js';
import type { Options } from './support/options.js';
import { type BenchPostgres, connect, startPostgres } from './support/postgres.js';
import { tell } from './support/progress.js';
import { compare, pairTable, type Report, round } from './support/report.js';
import { startService } from './support/service.js';
import { openOrigins, type Sink, startSink } from './support/start-sink.js';
import { alternate, median } from './support/statistics.js';

const ORIGINS = 50;

/** A database of its own for so many dispatchers, so that both sides are warm and the idle one is no burden. */
interface Side {
  dispatchers: number;
  client: pg.Client;
  drain(): Promise<number>;
  stop(): Promise<void>;
}

/** How much faster two dispatcher processes empty the outbox than one. */
export async function run(options: Options): Promise<Report> {
  const rows = options.rows ?? (options.quick ? 1_000 : 20_000);
  const rounds = options.rounds ?? (options.quick ? 1 : 7);
  const postgres = await startPostgres(options);
  const sink = startSink();
  const origins = await openOrigins(sink, ORIGINS);
  const tally = { duplicates: 0 };
  const one = await startSide(1, { postgres, sink, origins, rows, tally, options });
  const two = await startSide(2, { postgres, sink, origins, rows, tally, options });
  const shares: number[] = [];

  const pairs = await alternate(
    rounds,
    async () => {
      const perSecond = await two.drain();
      shares.push(await smallestShare(two));
      return perSecond;
    },
    () => one.drain(),
    (n, pair) => tell(`scale ${n}/${rounds}: two dispatchers ${round(pair.ours)} rows/s, one ${round(pair.baseline)}/s`),
  );
  await Promise.all([one.stop(), two.stop()]);
  const share = round(median(shares));
  const summary = {
    ...compare('scale', 'rows/s', pairs, {}),
    bar: 'no duplicates; the ratio is reported',
    pass: tally.duplicates === 0,
    details: { duplicates: tally.duplicates, smallerShare: share },
  };
  const what = `${rows} rows of 1 KB for ${ORIGINS} endpoints at ${ORIGINS} origins, by two dispatcher processes and by one, each with its own database on one server; ${tally.duplicates} duplicates at the receivers, by webhook-id; of two, the less busy one delivered ${Math.round(share * 100)} % (median).`;
  return { summary, lines: pairTable(what, { ours: 'two dispatchers/s', baseline: 'one/s' }, pairs, summary) };
}

interface Setting {
  postgres: BenchPostgres;
  sink: Sink;
  origins: string[];
  rows: number;
  tally: { duplicates: number };
  options: Options;
}

async function startSide(dispatchers: number, { postgres, sink, origins, rows, tally, options }: Setting): Promise<Side> {
  const databaseUrl = await postgres.createDatabase(`scale_${dispatchers}`);
  const to = await createEndpoints(databaseUrl, urlsUnder(origins, 1));
  const client = await connect(databaseUrl);
  const services = await Promise.all(
    Array.from({ length: dispatchers }, () => startService({ databaseUrl, roles: 'dispatcher' }, options)),
  );
  return {
    dispatchers,
    client,
    async drain() {
      const { delivered, duplicates, perSecond } = await drain({ client, sink, to, rows, limitMs: 60_000, costs: options.costs });
      if (delivered < rows) throw new Error(`${rows - delivered} of ${rows} rows were not delivered within a minute.`);
      tally.duplicates += duplicates;
      return perSecond;
    },
    async stop() {
      await Promise.all(services.map((service) => service.stop()));
      await client.end();
    },
  };
}

/** Of the rows just delivered, by the process that did least: two that both work share them about evenly. */
async function smallestShare({ client, dispatchers }: Side): Promise<number> {
  const { rows } = await client.query<{ n: number }>('SELECT count(*)::int AS n FROM postback.webhook_outbox GROUP BY claimed_by');
  const counts = rows.map(({ n }) => n);
  return counts.length < dispatchers ? 0 : Math.min(...counts) / counts.reduce((sum, n) => sum + n, 0);
}
