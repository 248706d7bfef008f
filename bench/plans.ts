import pg from 'pg';
import { StatsController } from '../src/admin/stats/stats.controller.js';
import { readFigures } from '../src/metrics/read-figures.js';
import { SESSION_OPTIONS } from '../src/platform/database/data-source.js';
import type { Sql } from '../src/platform/database/sql.js';
import { newId } from '../src/platform/ids.js';
import { claimDue, type Delivery, MAX_LOST_STREAK } from '../src/webhooks/delivery/claim-due.js';
import { findDueEndpoints, START } from '../src/webhooks/delivery/find-due-endpoints.js';
import { type Finish, finishAttempts } from '../src/webhooks/delivery/finish-attempts.js';
import { judge } from '../src/webhooks/delivery/outcome.js';
import { planNext } from '../src/webhooks/delivery/plan-next.js';
import { purgeOutbox } from '../src/webhooks/outbox/purge-outbox.js';
import { sweepOutbox } from '../src/webhooks/outbox/sweep.js';
import { dbaQuestions } from './support/dba-questions.js';
import { createEndpoints, type Endpoints, urlsUnder } from './support/endpoints.js';
import { type Explained, ExplainingDatabase, writePlans } from './support/explaining.js';
import { fillHistory, fillTasks, HISTORY_DAYS } from './support/fill-history.js';
import { loadRows, settle } from './support/load-rows.js';
import type { Options } from './support/options.js';
import { faultsOf, indexesOf, renderPlan } from './support/plan-tree.js';
import { connect, startPostgres } from './support/postgres.js';
import { tell } from './support/progress.js';
import { machine, type Report, round } from './support/report.js';

const ENDPOINTS = { usual: 20_000, quick: 1_000 };
const ASKED = 50;
/** As one dispatcher asks by default. */
const LIMITS = { freeSlots: 128, freeSlowSlots: 64, perTurn: 10, endpointMaxInFlight: 10, originMaxInFlight: 50 };
const BREAKER = { minFailures: 10, minMs: 60_000, probeMs: 30_000, probeCapMs: 600_000 };
const RETRY = { baseMs: 60_000, factor: 2, capMs: 21_600_000, maxRetries: 10, immediate: true, jitter: 0.1 };

interface Step {
  name: string;
  /** What each of its statements is for, in their order; the last one may be sent until nothing is left for it. */
  statements: string[];
  work(): Promise<unknown>;
}

interface Planned extends Explained {
  name: string;
  faults: string[];
}

/** The plans of every statement of the delivery engine, as the service sends it, beside millions of delivered rows. */
export async function run(options: Options): Promise<Report> {
  const rows = options.rows ?? (options.quick ? 50_000 : 2_000_000);
  const backlog = options.quick ? 5_000 : 100_000;
  const postgres = await startPostgres(options);
  const url = await postgres.createDatabase('plans');
  const client = await connect(url);
  const endpoints = await createEndpoints(url, urlsUnder(origins(), (options.quick ? ENDPOINTS.quick : ENDPOINTS.usual) / ASKED));
  await client.query('UPDATE postback.webhook_endpoints SET latency_ms = 5');
  await fillHistory(url, endpoints, rows);
  await fillTasks(url, Math.round(rows / 10));
  await makeScene(client, endpoints, backlog);
  await settle(client);

  const planned: Planned[] = [];
  const asService = new pg.Client({ connectionString: url, options: SESSION_OPTIONS });
  await asService.connect();
  const [service, dba] = [new ExplainingDatabase(asService), new ExplainingDatabase(client)];
  for (const { name, statements, work } of steps(service, dba, endpoints)) {
    [service.explained, dba.explained] = [[], []];
    await work();
    const explained = [...service.explained, ...dba.explained];
    if (options.plans !== null) writePlans(options.plans, name.replaceAll(/\W+/g, '-'), explained);
    planned.push(
      ...explained.map((each, i) => ({ ...each, name: `${name}: ${statements[i] ?? 'once more'}`, faults: faultsOf(each.plan.Plan) })),
    );
    tell(`plans: ${name}`);
  }
  await Promise.all([asService.end(), client.end()]);
  const measured = report(planned, { rows, backlog, endpoints: endpoints.ids.length });
  // small tables are rightly read whole: a smoke test says nothing about that
  return { ...measured, faults: options.quick ? [] : measured.faults };
}

const origins = () => Array.from({ length: ASKED }, (_, i) => `http://127.0.0.1:${9_000 + i}`);

/** Something to do for every statement: backlogs, a few due rows of each endpoint, and rows and endpoints in every state a sweep looks for. */
async function makeScene(client: pg.Client, endpoints: Endpoints, backlog: number): Promise<void> {
  const all = endpoints.ids.length;
  const part = (from: number, to: number): Endpoints => ({
    ...endpoints,
    ids: endpoints.ids.slice(from, to),
    urls: endpoints.urls.slice(from, to),
  });
  await loadRows(client, { rows: backlog, to: part(0, 1), dueInMs: -60_000 });
  await loadRows(client, { rows: backlog, to: endpoints, dueInMs: -1_000 });
  await loadRows(client, { rows: backlog, to: part(0, 500), dueInMs: 3_600_000 });
  await loadRows(client, { rows: backlog / 5, to: part(all - 200, all), dueInMs: -1_000 });
  const [paused, free, failing, lost, deleted] = [200, 160, 120, 80, 40].map((n) => part(all - n, all - n + 40).ids);
  // held rows of endpoints that stay paused, that are free again, and whose breaker is open; the paused ones have new rows, too
  await client.query(
    `UPDATE postback.webhook_outbox SET status = 'held', held_at = now() - interval '1 minute'
      WHERE status = 'pending' AND endpoint_id = ANY ($1) AND (endpoint_id <> ALL ($2) OR right(id::text, 1) > '1')`,
    [[...paused!, ...free!, ...failing!], paused],
  );
  await client.query(`UPDATE postback.webhook_endpoints SET state = 'paused' WHERE id = ANY ($1)`, [paused]);
  await client.query(
    `UPDATE postback.webhook_endpoints
        SET breaker = CASE WHEN id = ANY ($2) THEN 'half_open' ELSE 'open' END, breaker_opened_at = now(), breaker_probe_at = now() - interval '1 second'
      WHERE id = ANY ($1)`,
    [failing, failing!.slice(0, 5)],
  );
  // ten rows of each, whose dispatcher vanished; some of them for the fifth time in a row
  await client.query(
    `UPDATE postback.webhook_outbox
        SET status = 'delivering', attempts = 5, lease_token = gen_random_uuid(), claimed_by = gen_random_uuid(), claimed_at = now() - interval '1 minute',
            next_attempt_at = now() - interval '30 seconds', lost_streak = CASE WHEN right(id::text, 1) > '7' THEN 0 ELSE 4 END
      WHERE id = ANY (SELECT l.id FROM unnest($1::uuid[]) AS e (id)
                       CROSS JOIN LATERAL (SELECT id FROM postback.webhook_outbox WHERE endpoint_id = e.id AND status = 'pending' LIMIT 10) l)`,
    [lost],
  );
  await client.query('UPDATE postback.webhook_endpoints SET deleted_at = now() WHERE id = ANY ($1)', [deleted]);
}

/** @param dba has a connection like any other, without the service's options */
function steps(explaining: ExplainingDatabase, dba: ExplainingDatabase, { ids }: Endpoints): Step[] {
  const { database } = explaining;
  const find = ['walk and probe'];
  const sweep = ['look', 'bury', 'hold', 'reopen', 'probe', 'release'];
  const asked = ids.slice(0, ASKED); // the one with the backlog among them
  let claimed: Delivery[] = [];
  let found = START;
  const look = async (probes: number) => {
    found = (await findDueEndpoints(explaining as Sql, found, probes)).next;
  };
  const claim = async () => {
    claimed = (await claimDue(database, asked, LIMITS, { token: newId(), ms: 30_000, claimedBy: newId() })).deliveries;
    if (claimed.length !== LIMITS.freeSlots) throw new Error(`A claim took ${claimed.length} rows instead of ${LIMITS.freeSlots}.`);
  };
  const finish = () => finishAttempts(database, { sinks: [], breaker: BREAKER }, claimed.map(finished), Date.now());
  const sweepOnce = () =>
    sweepOutbox(database, [], { heldMaxAgeMs: 604_800_000, maxLostStreak: MAX_LOST_STREAK, probeMs: 30_000, spreadMs: 3_000 });
  return [
    { name: 'find, from the start', statements: find, work: () => look(200) },
    { name: 'find, further on', statements: find, work: () => look(200) },
    { name: 'find, after a wake-up', statements: find, work: () => look(0) },
    { name: 'claim', statements: ['lock', 'count', 'take'], work: claim },
    { name: 'finish', statements: ['lock', 'rows and attempts', 'health'], work: finish },
    { name: 'sweep', statements: sweep.toSpliced(2, 0, 'alert'), work: sweepOnce },
    { name: 'sweep, again', statements: sweep, work: sweepOnce },
    ...dbaQuestions().map((question) => ({
      name: 'a question of docs/dba.md',
      statements: [question],
      work: () => dba.query(question),
    })),
    {
      name: 'figures of /metrics',
      statements: ['tasks', 'outbox', 'dead', 'endpoints', 'processes', 'alerts'],
      work: () => readFigures(explaining, 10_000),
    },
    {
      name: 'figures of /admin/stats',
      statements: ['all'],
      work: () => new StatsController(explaining.database).show(),
    },
    { name: 'purge', statements: ['old rows'], work: () => purgeOutbox(explaining, { deliveredDays: HISTORY_DAYS - 1, deadDays: 90 }) },
    { name: 'purge, nothing to do', statements: ['old rows'], work: () => purgeOutbox(explaining, { deliveredDays: 14, deadDays: 90 }) },
  ];
}

/** Most are delivered, some answered 500, as on an ordinary day. */
function finished(delivery: Delivery, i: number): Finish {
  const status = i % 10 === 0 ? 500 : 200;
  const verdict = judge({ kind: 'response', status, headers: {}, excerpt: '', durationMs: 12 } as Parameters<typeof judge>[0]);
  const row = { ...delivery, unchargedInRow: delivery.unchargedStreak };
  const next = planNext(verdict, row, RETRY, { nowMs: Date.now(), random: 0.5, maxRetryAfterMs: 3_600_000 });
  return { delivery, attempt: { verdict, durationMs: 12, excerpt: 'ok' }, next };
}

function report(
  planned: readonly Planned[],
  { rows, backlog, endpoints }: { rows: number; backlog: number; endpoints: number },
): Report & { faults: string[] } {
  const faults = planned.flatMap(({ name, faults: own }) => own.map((fault) => `${name}: ${fault}`));
  const table = planned.map(({ name, ms, buffers, plan }) => ({ name, ms: round(ms), buffers, indexes: indexesOf(plan.Plan) }));
  return {
    summary: {
      scenario: 'plans',
      value: faults.length,
      unit: 'statements that read a large table whole, or use no index',
      baseline: null,
      ratio: null,
      bar: '<= 0',
      pass: faults.length === 0,
      samples: planned.length,
      spread: [faults.length, faults.length],
      machine: machine(),
      details: { deliveredRows: rows, statements: table, faults },
    },
    lines: [
      `Statements of the delivery engine as the service sends them, each explained with \`EXPLAIN (ANALYZE, BUFFERS)\`, undone, and then run: beside ${rows} delivered rows, ${endpoints} endpoints, ${backlog} due rows of one of them, ${backlog} of all of them, ${backlog} that wait an hour for their retry, and ${backlog / 5} of 200 endpoints that are paused, free again, failing, deserted by their dispatcher, or deleted. Buffers are shared ones, hit or read; those of a node include its children's.`,
      '',
      '| statement | ms | shared buffers | indexes |',
      '|---|---|---|---|',
      ...table.map(
        ({ name, ms, buffers, indexes }) => `| ${name} | ${ms} | ${buffers} | ${indexes.map((index) => `\`${index}\``).join(', ')} |`,
      ),
      ...planned.flatMap(({ name, plan }) => ['', `### ${name}`, '', '```', ...renderPlan(plan.Plan), '```']),
      '',
      ...(faults.length === 0
        ? ['No statement reads a large table whole, and each uses an index.']
        : faults.map((fault) => `- FAULT: ${fault}`)),
    ],
    faults,
  };
}
