import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { freePort } from '../examples/support/free-port.js';
import type { Options } from './support/options.js';
import { connect, startPostgres } from './support/postgres.js';
import { tell } from './support/progress.js';
import { machine, type Report, round } from './support/report.js';
import { API_KEY, startService } from './support/service.js';
import { quantile } from './support/statistics.js';

/**
 * How long a cancel takes to reach a running agent in another process: from before its request is sent to the beginning of the
 * transaction that ends the task, both by the database's clock. That is more than the way to `ctx.signal` alone.
 */
export async function run(options: Options): Promise<Report> {
  const cancels = options.rows ?? (options.quick ? 10 : 200);
  const postgres = await startPostgres(options);
  const databaseUrl = await postgres.createDatabase('cancel');
  const port = await freePort();
  const api = await startService({ databaseUrl, roles: 'api', more: { PORT: String(port) } }, options);
  const worker = await startService({ databaseUrl, roles: 'worker', more: { POSTBACK_WORKER_CONCURRENCY: '8' } }, options);
  const client = await connect(databaseUrl);
  const url = `http://127.0.0.1:${port}`;
  const latencies: number[] = [];
  for (let n = 1; n <= cancels; n += 1) {
    latencies.push(await cancelOne(client, url));
    if (n % 50 === 0) tell(`cancel ${n}/${cancels}: p50 so far ${round(quantile(latencies, 0.5))} ms`);
  }
  await worker.stop();
  await api.stop();
  await client.end();
  const [p50, p99, most] = [quantile(latencies, 0.5), quantile(latencies, 0.99), Math.max(...latencies)].map(round) as [
    number,
    number,
    number,
  ];
  const summary = {
    scenario: 'cancel',
    value: p99,
    unit: 'ms',
    baseline: null,
    ratio: null,
    bar: '<= 100',
    pass: p99 <= 100,
    samples: cancels,
    spread: [round(Math.min(...latencies)), most] as [number, number],
    machine: machine(),
    details: { p50, p99 },
  };
  const what = `${cancels} cancels of tasks that run in another process than the one that is asked, one after the other.`;
  return { summary, lines: [what, '', '| p50 | p99 | longest |', '|---|---|---|', `| ${p50} ms | **${p99} ms** | ${most} ms |`] };
}

async function cancelOne(client: pg.Client, url: string): Promise<number> {
  const { task_id } = await post(`${url}/agent/echo`, { delay_ms: 600_000 });
  while ((await look(client, task_id)).status !== 'running') await delay(2);
  const { rows } = await client.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  await post(`${url}/tasks/${task_id}/cancel`, {});
  for (;;) {
    const { status, ms } = await look(client, task_id, rows[0]!.now);
    if (status === 'canceled') return ms;
    await delay(2);
  }
}

async function look(client: pg.Client, taskId: string, since = new Date(0)): Promise<{ status: string; ms: number }> {
  const { rows } = await client.query<{ status: string; ms: number }>(
    'SELECT status, (extract(epoch FROM finished_at - $2::timestamptz) * 1000)::float8 AS ms FROM postback.tasks WHERE id = $1',
    [taskId, since],
  );
  return rows[0]!;
}

async function post(url: string, body: object): Promise<{ task_id: string }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as { task_id: string };
}
