import pg from 'pg';
import { Pool } from 'undici';
import { Caller, echoTask } from './support/caller.js';
import { atEnd } from './support/cleanup.js';
import { openLoop } from './support/open-loop.js';
import type { Options } from './support/options.js';
import { connect, startPostgres } from './support/postgres.js';
import { tell } from './support/progress.js';
import { compare, type Report, round, type Summary } from './support/report.js';
import { startService } from './support/service.js';
import { openOrigins, startSink } from './support/start-sink.js';
import { countStatements, tellStatements } from './support/statements.js';
import { alternate, type Pair, quantile } from './support/statistics.js';

const PER_SECOND = 50;
/** What a durable callback cannot do without: the task, its end with its webhook, and the webhook's own end. */
const COMMITS = 3;
/** V8 compiles what ran often: a service that has just been started takes half as long again as one that has been up for a minute. */
const WARM_UP = { perSecond: 150, seconds: 8 };
const BARS = { p50: 4, p99: 10 } as const;

interface Latencies {
  p50: number;
  p99: number;
}

/** From the submit of an echo task to its webhook, against one HTTP round trip and three commits of one row. */
export async function run(options: Options): Promise<Report> {
  const rounds = options.rounds ?? (options.quick ? 1 : 7);
  const seconds = options.quick ? 0.4 : 6;
  const postgres = await startPostgres(options);
  const databaseUrl = await postgres.createDatabase('roundtrip');
  const service = await startService({ databaseUrl, roles: 'api,worker,dispatcher' }, options);
  const caller = await Caller.start(service.url!);
  const bare = await startBare(databaseUrl);

  const window = async (work: () => Promise<number>) => latencies(await openLoop(PER_SECOND * seconds, 1_000 / PER_SECOND, work));
  if (!options.quick)
    for (const work of [() => caller.roundTrip(), bare])
      await openLoop(WARM_UP.perSecond * WARM_UP.seconds, 1_000 / WARM_UP.perSecond, work);
  const client = await connect(databaseUrl);
  if (options.costs) await countStatements(client);
  const pairs = await alternate(
    rounds,
    () => window(() => caller.roundTrip()),
    () => window(bare),
    (n, { ours, baseline }) =>
      tell(`roundtrip ${n}/${rounds}: p50 ${ours.p50} ms, p99 ${ours.p99} ms; bare ${baseline.p50} ms, ${baseline.p99} ms`),
  );
  if (options.costs) await tellStatements(client);
  await service.stop();
  await client.end();
  return report(pairs, seconds);
}

/** The same request to a server that keeps nothing, then the commits, one after the other; ms for all of it. */
async function startBare(databaseUrl: string): Promise<() => Promise<number>> {
  const [origin] = await openOrigins(startSink(), 1);
  const http = new Pool(origin!, { allowH2: false });
  const database = new pg.Pool({ connectionString: databaseUrl, max: 4 });
  database.on('error', () => {}); // a database that is dropped at the end
  atEnd(() => Promise.all([http.destroy(), database.end()]));
  await database.query('CREATE TABLE bare (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), body text NOT NULL)');
  const body = echoTask(`${origin}/called-back?n=1`);
  return async () => {
    const sentAt = performance.now();
    const answer = await http.request({ path: '/bare', method: 'POST', headers: { 'content-type': 'application/json' }, body });
    await answer.body.text();
    for (let i = 0; i < COMMITS; i += 1) await database.query('INSERT INTO bare (body) VALUES ($1)', [body]);
    return performance.now() - sentAt;
  };
}

const latencies = (values: readonly number[]): Latencies => ({ p50: round(quantile(values, 0.5)), p99: round(quantile(values, 0.99)) });

/** Two bars, and both must be met. `value`, `baseline`, `ratio` and `spread` are those of p50; `details` has both. */
function report(pairs: readonly Pair<Latencies>[], seconds: number): Report {
  const { p50, p99 } = { p50: judge(pairs, 'p50'), p99: judge(pairs, 'p99') };
  const summary: Summary = {
    ...p50,
    unit: 'ms (p50 from submit to webhook; p99 in details)',
    bar: `p50 ${p50.bar}, p99 ${p99.bar}`,
    pass: p50.pass && p99.pass,
    details: { p50: part(p50), p99: part(p99) },
  };
  const cells = (pick: (latencies: Latencies) => number, { ours, baseline }: Pair<Latencies>) =>
    `${pick(ours)} | ${pick(baseline)} | ${round(pick(ours) / pick(baseline))}`;
  const lines = [
    `Echo tasks at ${PER_SECOND} a second, whatever the answers take, ${PER_SECOND * seconds} per round; api, worker and dispatcher in one process. Ms from the submit to the webhook, against one HTTP round trip and ${COMMITS} commits of one row.`,
    '',
    '| round | p50 | bare p50 | ratio | p99 | bare p99 | ratio |',
    '|---|---|---|---|---|---|---|',
    ...pairs.map((pair, i) => `| ${i + 1} | ${cells(({ p50 }) => p50, pair)} | ${cells(({ p99 }) => p99, pair)} |`),
    `| **median** | ${[p50, p99].map(({ value, baseline, ratio, spread }) => `**${value}** | **${baseline}** | **${ratio}** (${spread.join(' to ')})`).join(' | ')} |`,
  ];
  return { summary, lines };
}

function judge(pairs: readonly Pair<Latencies>[], name: keyof Latencies): Summary {
  const picked = pairs.map(({ ours, baseline }) => ({ ours: ours[name], baseline: baseline[name] }));
  return compare('roundtrip', 'ms', picked, { atMost: BARS[name] });
}

const part = ({ value, baseline, ratio, bar, pass, spread, pairs }: Summary) => ({ value, baseline, ratio, bar, pass, spread, pairs });
