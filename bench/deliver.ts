import { fileURLToPath } from 'node:url';
import type { BareQuestions } from './support/bare-loop.js';
import { drain } from './support/drain.js';
import { createEndpoints, SECRET, urlsUnder } from './support/endpoints.js';
import { Helper } from './support/helper.js';
import type { Options } from './support/options.js';
import { connect, startPostgres } from './support/postgres.js';
import { tell } from './support/progress.js';
import { compare, pairTable, type Report, round } from './support/report.js';
import { startService } from './support/service.js';
import { openOrigins, startSink } from './support/start-sink.js';
import { countStatements, tellStatements } from './support/statements.js';
import { alternate } from './support/statistics.js';

/** One origin each: fifty endpoints of one tenant at one origin would meet the cap of that origin (50 at once), not the engine. */
const ENDPOINTS = 50;
/** Send slots of one dispatcher by default; the bare loop gets as many. */
const CONCURRENCY = 256;

/** How fast one dispatcher empties the outbox, against a bare loop that signs and sends the same bodies and keeps nothing. */
export async function run(options: Options): Promise<Report> {
  const rows = options.rows ?? (options.quick ? 1_000 : 20_000);
  const rounds = options.rounds ?? (options.quick ? 1 : 7);
  const postgres = await startPostgres(options);
  const databaseUrl = await postgres.createDatabase('deliver');
  const sink = startSink();
  const to = await createEndpoints(databaseUrl, urlsUnder(await openOrigins(sink, ENDPOINTS), 1));
  const client = await connect(databaseUrl);
  const bare = Helper.start<BareQuestions>(fileURLToPath(new URL('./support/bare-loop.js', import.meta.url)));
  const dispatcher = await startService({ databaseUrl, roles: 'dispatcher' }, options);
  let duplicates = 0;

  const ours = async () => {
    const drained = await drain({ client, sink, to, rows, limitMs: 60_000, costs: options.costs });
    if (drained.delivered < rows) throw new Error(`${rows - drained.delivered} of ${rows} rows were not delivered within a minute.`);
    duplicates += drained.duplicates;
    return drained.perSecond;
  };
  const baseline = async () => {
    // the rows that the dispatcher has delivered last, or will not see any more
    await bare.ask('read', { databaseUrl });
    return rows / (await bare.ask('send', { secret: SECRET, concurrency: CONCURRENCY }));
  };
  // the first to go needs rows to read
  await ours();
  if (options.costs) await countStatements(client);
  const pairs = await alternate(rounds, ours, baseline, (n, pair) =>
    tell(`deliver ${n}/${rounds}: ${round(pair.ours)} rows/s, bare ${round(pair.baseline)}/s`),
  );
  await dispatcher.stop();
  if (options.costs) await tellStatements(client);
  await client.end();
  const summary = compare('deliver', 'rows/s', pairs, { atLeast: 0.5 });
  const what = `${rows} rows of 1 KB for ${ENDPOINTS} endpoints at ${ENDPOINTS} origins, one dispatcher, from the first claim to the last commit; ${duplicates} duplicates.`;
  return { summary, lines: pairTable(what, { ours: 'delivered/s', baseline: 'bare undici/s' }, pairs, summary) };
}
