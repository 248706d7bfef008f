import { fileURLToPath } from 'node:url';
import type { AcceptQuestions } from './support/accept-service.js';
import { cpuByProcess, tellCpuSince } from './support/cpu.js';
import { Helper } from './support/helper.js';
import type { Options } from './support/options.js';
import { connect, startPostgres } from './support/postgres.js';
import { tell } from './support/progress.js';
import { compare, pairTable, type Report, round } from './support/report.js';
import { API_KEY } from './support/service.js';
import { countStatements, tellStatements } from './support/statements.js';
import { alternate } from './support/statistics.js';
import type { LoadQuestions } from './support/submit-load.js';

const CONNECTIONS = 64;

/** How many durable submits one API process answers, against the same route that keeps nothing. */
export async function run(options: Options): Promise<Report> {
  const rounds = options.rounds ?? (options.quick ? 1 : 7);
  const ms = options.quick ? 500 : 4_000;
  const postgres = await startPostgres(options);
  const databaseUrl = await postgres.createDatabase('accept');
  const load = Helper.start<LoadQuestions>(path('submit-load'));
  const stored = await serve({ databaseUrl, stored: true }, options);
  const storeless = await serve({ databaseUrl, stored: false }, { ...options, profile: null });
  const client = await connect(databaseUrl);
  if (options.costs) await countStatements(client);
  const submit = async (url: string) => {
    const before = options.costs ? cpuByProcess() : null;
    const perSecond = await load.ask('run', { url, key: API_KEY, connections: CONNECTIONS, ms });
    if (before) tellCpuSince(before, (perSecond * ms) / 1_000);
    return perSecond;
  };

  const before = await tasks(client);
  const pairs = await alternate(
    rounds,
    () => submit(stored),
    () => submit(storeless),
    (n, pair) => tell(`accept ${n}/${rounds}: ${round(pair.ours)}/s, without storage ${round(pair.baseline)}/s`),
  );
  const kept = (await tasks(client)) - before;
  const said = Math.round(pairs.reduce((sum, { ours }) => sum + ours, 0) * (ms / 1_000));
  if (kept < said) throw new Error(`${said} submits were answered, ${kept} tasks are stored.`);
  if (options.costs) await tellStatements(client);
  await client.end();
  const summary = compare('accept', 'submits/s', pairs, { atLeast: 0.6 });
  const what = `POST /agent/echo with a key, a webhook and a unique Idempotency-Key over ${CONNECTIONS} connections, ${ms} ms a round; the load comes from a process of its own.`;
  return { summary, lines: pairTable(what, { ours: 'durable/s', baseline: 'without storage/s' }, pairs, summary) };
}

const path = (name: string) => fileURLToPath(new URL(`./support/${name}.js`, import.meta.url));

const serve = (settings: Parameters<AcceptQuestions['start']>[0], { profile }: Options) =>
  Helper.start<AcceptQuestions>(path('accept-service'), profile === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]).ask(
    'start',
    settings,
  );

async function tasks(client: Awaited<ReturnType<typeof connect>>): Promise<number> {
  const { rows } = await client.query<{ n: number }>('SELECT count(*)::int AS n FROM postback.tasks');
  return rows[0]!.n;
}
