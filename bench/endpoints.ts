import { drain } from './support/drain.js';
import { createEndpoints, urlsUnder } from './support/endpoints.js';
import type { Options } from './support/options.js';
import { connect, startPostgres } from './support/postgres.js';
import { tell } from './support/progress.js';
import { compare, pairTable, type Report, round } from './support/report.js';
import { startService } from './support/service.js';
import { openOrigins, startSink } from './support/start-sink.js';
import { countStatements, tellStatements } from './support/statements.js';
import { alternate } from './support/statistics.js';

const ORIGINS = 50;
/** A drain slower than this is cut off; what was delivered by then gives its rate. */
const LIMIT_MS = 25_000;

/** What it costs that every row goes to another URL, as ad-hoc callbacks do, against fifty endpoints at the same origins. */
export async function run(options: Options): Promise<Report> {
  const rows = options.rows ?? (options.quick ? 1_000 : 20_000);
  const rounds = options.rounds ?? (options.quick ? 1 : 7);
  const postgres = await startPostgres(options);
  const databaseUrl = await postgres.createDatabase('endpoints');
  const sink = startSink();
  const origins = await openOrigins(sink, ORIGINS);
  const few = await createEndpoints(databaseUrl, urlsUnder(origins, 1));
  const client = await connect(databaseUrl);
  const dispatcher = await startService({ databaseUrl, roles: 'dispatcher' }, options);
  let duplicates = 0;
  let cutOff = 0;

  const rate = async (to: typeof few) => {
    const drained = await drain({ client, sink, to, rows, limitMs: LIMIT_MS, costs: options.costs });
    duplicates += drained.duplicates;
    if (drained.delivered < rows) cutOff += 1;
    return drained.perSecond;
  };
  const many = async (n: number) => {
    // never seen before, as the callback of a single task is: nobody knows yet how fast they answer
    await client.query('DELETE FROM postback.webhook_endpoints WHERE NOT id = ANY ($1)', [few.ids]);
    return rate(await createEndpoints(databaseUrl, urlsUnder(origins, rows / ORIGINS, `r${n}/e`)));
  };
  if (options.costs) await countStatements(client);
  const pairs = await alternate(
    rounds,
    many,
    () => rate(few),
    (n, pair) => tell(`endpoints ${n}/${rounds}: ${round(pair.ours)} rows/s, fifty endpoints ${round(pair.baseline)}/s`),
  );
  await dispatcher.stop();
  if (options.costs) await tellStatements(client);
  await client.end();
  const summary = { ...compare('endpoints', 'rows/s', pairs, { atLeast: 0.6 }), details: { urls: rows, endpoints: few.ids.length } };
  const what = `${rows} rows for as many new URLs, against ${few.ids.length} known ones, at ${ORIGINS} origins; ${duplicates} duplicates; ${cutOff} drains cut off after ${LIMIT_MS / 1_000} s.`;
  return { summary, lines: pairTable(what, { ours: `${rows} URLs/s`, baseline: `${few.ids.length} URLs/s` }, pairs, summary) };
}
