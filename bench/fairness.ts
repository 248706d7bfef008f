import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { createEndpoints, type Endpoints, urlsUnder } from './support/endpoints.js';
import { clearRows, loadRows, settle } from './support/load-rows.js';
import type { Options } from './support/options.js';
import { connect, startPostgres } from './support/postgres.js';
import { tell } from './support/progress.js';
import { machine, type Report, round, type Summary } from './support/report.js';
import { startService } from './support/service.js';
import { openOrigins, type Sink, startSink } from './support/start-sink.js';
import { countStatements, tellStatements } from './support/statements.js';
import { median, quantile, spreadOf } from './support/statistics.js';

/** Webhooks of healthy endpoints, one every so many ms, to fifty endpoints at as many origins. */
const HEALTHY = { endpoints: 50, everyMs: 3 };
const SLOW_ENDPOINTS = 1_000;
const SLOW_ORIGINS = 20;
/** Below the time-out of 15 s: slow, and never wrong. */
const SLOW_MS = 14_000;
/** Bad neighbours get so much of a start: their first time-outs and answers then fall into the window. */
const START_MS = 10_000;
/** Waited for after the window; what has not come by then counts as having taken so long. */
const GRACE_MS = 5_000;
/** How often the dispatcher looks. Rows here become due by themselves, without the wake-up that a commit of the service rings. */
const POLL_MS = 10;

type Neighbours = 'none' | 'blackHole' | 'slow';

interface Scene {
  client: pg.Client;
  sink: Sink;
  healthy: Endpoints;
  bad: Record<Exclude<Neighbours, 'none'>, { to: Endpoints; rows: number }>;
  windowMs: number;
}

/** Time from due to received at healthy endpoints (p99): alone, beside a black hole, and beside a thousand slow ones. */
export async function run(options: Options): Promise<Report> {
  const rounds = options.rounds ?? (options.quick ? 1 : 7);
  const windowMs = options.quick ? 2_000 : 6_000;
  const postgres = await startPostgres(options);
  const databaseUrl = await postgres.createDatabase('fairness');
  const sink = startSink();
  const origins = await openOrigins(sink, HEALTHY.endpoints);
  const [holes, slowOrigins] = [await openOrigins(sink, 1, 'silent'), await openOrigins(sink, SLOW_ORIGINS, { lateMs: SLOW_MS })];
  const healthy = await createEndpoints(databaseUrl, urlsUnder(origins, 1));
  const blackHole = {
    to: await createEndpoints(databaseUrl, urlsUnder(holes, 1)),
    rows: options.rows ?? (options.quick ? 5_000 : 100_000),
  };
  const slow = { to: await createEndpoints(databaseUrl, urlsUnder(slowOrigins, SLOW_ENDPOINTS / SLOW_ORIGINS)), rows: 20 * SLOW_ENDPOINTS };
  const client = await connect(databaseUrl);
  const dispatcher = await startService(
    { databaseUrl, roles: 'dispatcher', more: { POSTBACK_POLL_INTERVAL_MS: String(POLL_MS) } },
    options,
  );
  const scene: Scene = { client, sink, healthy, bad: { blackHole, slow }, windowMs };

  await watch(scene, 'none'); // warms up, and lets the dispatcher learn that they are quick
  if (options.costs) await countStatements(client);
  const measured: Record<Neighbours, number[]>[] = [];
  for (let n = 1; n <= rounds; n += 1) {
    const row: Record<Neighbours, number[]> = { none: [], blackHole: [], slow: [] };
    const order = ['none', 'blackHole', 'slow'] as const;
    for (const neighbours of n % 2 === 1 ? order : order.toReversed()) row[neighbours] = await watch(scene, neighbours);
    measured.push(row);
    tell(
      `fairness ${n}/${rounds}: p99 ${p99(row.none)} ms, beside a black hole ${p99(row.blackHole)} ms, beside slow ones ${p99(row.slow)} ms`,
    );
  }
  if (options.costs) await tellStatements(client);
  await dispatcher.stop();
  await client.end();
  return report(measured, blackHole.rows);
}

/** Latencies of all webhooks to healthy endpoints that become due within one window. */
async function watch({ client, sink, healthy, bad, windowMs }: Scene, neighbours: Neighbours): Promise<number[]> {
  await clearRows(client);
  await sink.ask('reset', null);
  let startAt = Date.now() + 1_500;
  if (neighbours !== 'none') {
    await loadRows(client, { ...bad[neighbours], dueInMs: 0, bodyBytes: 300 });
    startAt = Date.now() + START_MS;
  }
  const rows = Math.floor(windowMs / HEALTHY.everyMs);
  const dueAt = await loadRows(client, { rows, to: healthy, dueInMs: startAt - Date.now(), everyMs: HEALTHY.everyMs, numbered: true });
  await settle(client);
  if (Date.now() > dueAt) throw new Error('Loading took longer than expected: rows were due before they were all there.');
  await delay(dueAt + windowMs - Date.now());
  await sink.ask('reach', { count: rows, withinMs: GRACE_MS });
  const arrivals = new Map(await sink.ask('arrivals', null));
  const due = (i: number) => dueAt + (i - 1) * HEALTHY.everyMs;
  return Array.from({ length: rows }, (_, i) => (arrivals.get(String(i + 1)) ?? due(i + 1) + GRACE_MS) - due(i + 1));
}

const p99 = (latencies: readonly number[]) => round(quantile(latencies, 0.99));
const p50 = (latencies: readonly number[]) => round(quantile(latencies, 0.5));

/** Each round's own ratio and difference; the worse of the two neighbourhoods decides. */
function report(measured: readonly Record<Neighbours, number[]>[], holeRows: number): Report {
  const judged = (['blackHole', 'slow'] as const).map((name) => {
    const ratios = measured.map((row) => p99(row[name]) / p99(row.none));
    const moreMs = median(measured.map((row) => p99(row[name]) - p99(row.none)));
    const p99Ms = median(measured.map((row) => p99(row[name])));
    return {
      name,
      p99Ms,
      ratio: round(median(ratios)),
      moreMs: round(moreMs),
      spread: spreadOf(ratios),
      pass: median(ratios) <= 1.5 || moreMs <= 10,
    };
  });
  const worst = judged.toSorted((a, b) => b.ratio - a.ratio)[0]!;
  const summary: Summary = {
    scenario: 'fairness',
    value: worst.p99Ms,
    unit: 'ms (p99 from due to received)',
    baseline: median(measured.map((row) => p99(row.none))),
    ratio: worst.ratio,
    bar: '<= 1.5 or +10 ms',
    pass: judged.every(({ pass }) => pass),
    samples: measured.length,
    spread: [round(worst.spread.low), round(worst.spread.high)],
    machine: machine(),
    details: {
      ...Object.fromEntries(
        judged.map(({ name, spread, ...rest }) => [name, { ...rest, spread: [round(spread.low), round(spread.high)] }]),
      ),
      p99Ms: measured.map((row) => ({ alone: p99(row.none), blackHole: p99(row.blackHole), slow: p99(row.slow) })),
    },
  };
  const cell = (latencies: readonly number[]) => `${p50(latencies)} / ${p99(latencies)}`;
  const lines = [
    `A webhook every ${HEALTHY.everyMs} ms to one of ${HEALTHY.endpoints} healthy endpoints, ${measured[0]!.none.length} per window: ms from due to received, p50 / p99; alone, beside one black hole with ${holeRows} due rows, and beside ${SLOW_ENDPOINTS} endpoints that answer after ${SLOW_MS / 1_000} s. The dispatcher looks every ${POLL_MS} ms.`,
    '',
    '| round | alone | black hole | slow endpoints |',
    '|---|---|---|---|',
    ...measured.map((row, i) => `| ${i + 1} | ${cell(row.none)} | ${cell(row.blackHole)} | ${cell(row.slow)} |`),
    '',
    ...judged.map(
      ({ name, ratio, spread, moreMs, pass }) =>
        `- ${name}: p99 × ${ratio} (${round(spread.low)} to ${round(spread.high)}), ${moreMs >= 0 ? '+' : ''}${moreMs} ms: ${pass ? 'within the bar' : 'MISSED'}`,
    ),
  ];
  return { summary, lines };
}
