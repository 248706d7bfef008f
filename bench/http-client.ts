import { type ChildProcess, fork } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, Agent as HttpAgent, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism, cpus } from 'node:os';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import axios from 'axios';
import { Pool } from 'undici';
import { guardedAgent, guardedAxios } from '../src/platform/egress/axios-adapter.js';
import { OperatorPolicy } from '../src/platform/egress/operator-policy.js';
import { DnsResolver } from '../src/platform/egress/resolver.js';
import { egressRules } from '../src/platform/egress/rules.js';
import { WebhookClient } from '../src/platform/egress/webhook-client.js';

/** One client under test: posts a signed body and reads the answer. */
interface Contender {
  readonly name: string;
  post(body: string, headers: Record<string, string>): Promise<number>;
  close(): Promise<void>;
}

interface Round {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

const rounds = 9;
const roundMs = 800;
const connections = 32;
const payload = JSON.stringify({ type: 'task.completed', result: 'x'.repeat(970) });

/** Compares HTTP clients for the webhook hot path: 1 KB bodies, an HMAC each, keep-alive, against a sink in its own process. */
export async function run(options: { json: boolean }): Promise<void> {
  const sink = fork(fileURLToPath(import.meta.url), ['sink']);
  try {
    const [port] = (await once(sink, 'message')) as [number];
    report(await measure(contendersFor(`http://127.0.0.1:${port}`)), options.json);
  } finally {
    await stop(sink);
  }
}

async function measure(contenders: Contender[]): Promise<Map<string, Round[]>> {
  const results = new Map(contenders.map(({ name }) => [name, [] as Round[]]));
  for (const contender of contenders) await load(contender, roundMs / 2);
  // Taking turns: whatever else the machine does then hits all of them alike.
  for (let i = 0; i < rounds; i += 1) {
    for (const contender of contenders) results.get(contender.name)!.push(await load(contender, roundMs));
  }
  await Promise.all(contenders.map((contender) => contender.close()));
  return results;
}

async function load(contender: Contender, ms: number): Promise<Round> {
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  let sent = 0;
  const loop = async () => {
    while (performance.now() - startedAt < ms) {
      const status = await contender.post(payload, sign());
      if (status !== 200) throw new Error(`${contender.name}: the sink answered with ${status}`);
      sent += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, loop));
  const { user, system } = process.cpuUsage(cpuBefore);
  return { perSecond: (sent / (performance.now() - startedAt)) * 1_000, cpuMicros: (user + system) / sent };
}

function sign(): Record<string, string> {
  const signature = createHmac('sha256', 'my-client-super-secret-key').update(payload).digest('hex');
  return { 'content-type': 'application/json', 'x-webhook-signature': signature, 'webhook-attempt': '1' };
}

function contendersFor(origin: string): Contender[] {
  return [webhookClient(origin), undiciPool(origin), nodeHttp(origin), axiosOverOurs(origin), axiosDefault(origin), globalFetch(origin)];
}

function webhookClient(origin: string): Contender {
  const client = new WebhookClient({ rules: egressRules({ allowCidrs: ['127.0.0.0/8'], allowHttp: true }) });
  return {
    name: 'WebhookClient (undici, guarded, with deadline and excerpt)',
    async post(body, headers) {
      const exchange = await client.send({ url: `${origin}/hook`, headers, body, deadlineMs: 15_000 });
      return exchange.kind === 'response' ? exchange.status : 0;
    },
    close: () => client.close(),
  };
}

function undiciPool(origin: string): Contender {
  const pool = new Pool(origin, { connections, allowH2: false });
  return {
    name: 'undici Pool.request',
    async post(body, headers) {
      const answer = await pool.request({ path: '/hook', method: 'POST', headers, body });
      await answer.body.text();
      return answer.statusCode;
    },
    close: () => pool.close(),
  };
}

function nodeHttp(origin: string): Contender {
  const agent = new HttpAgent({ keepAlive: true, maxSockets: connections });
  return {
    name: 'node:http, keep-alive agent',
    async post(body, headers) {
      const request = httpRequest(`${origin}/hook`, {
        method: 'POST',
        agent,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      });
      request.end(body);
      const [answer] = await once(request, 'response');
      await text(answer);
      return answer.statusCode;
    },
    close: async () => agent.destroy(),
  };
}

function axiosOverOurs(origin: string): Contender {
  const agent = guardedAgent({ policy: new OperatorPolicy([origin], new DnsResolver()) });
  const http = guardedAxios(agent);
  return {
    name: 'axios over the guarded undici connector',
    async post(body, headers) {
      const answer = await http.post(`${origin}/hook`, body, { headers });
      await text(answer.data);
      return answer.status;
    },
    close: () => agent.close(),
  };
}

function axiosDefault(origin: string): Contender {
  const httpAgent = new HttpAgent({ keepAlive: true, maxSockets: connections });
  const http = axios.create({ httpAgent, proxy: false });
  return {
    name: 'axios, default adapter, keep-alive agent',
    post: async (body, headers) => (await http.post(`${origin}/hook`, body, { headers })).status,
    close: async () => httpAgent.destroy(),
  };
}

function globalFetch(origin: string): Contender {
  return {
    name: 'global fetch',
    async post(body, headers) {
      const answer = await fetch(`${origin}/hook`, { method: 'POST', headers, body });
      await answer.text();
      return answer.status;
    },
    close: async () => {},
  };
}

function report(results: Map<string, Round[]>, json: boolean): void {
  console.log(`${rounds} alternating rounds of ${roundMs} ms, ${connections} at a time, median (lowest to highest); ${machine()}\n`);
  console.log('| client | requests/s | client CPU per request |\n|---|---|---|');
  for (const [name, rows] of results) {
    const rate = spread(rows.map(({ perSecond }) => perSecond));
    const cpu = spread(rows.map(({ cpuMicros }) => cpuMicros));
    console.log(`| ${name} | ${rate.median} (${rate.low} to ${rate.high}) | ${cpu.median} µs (${cpu.low} to ${cpu.high}) |`);
  }
  if (json) console.log(JSON.stringify(summary(results)));
}

/** No bar: the scenario informs a decision. The ratio is what the guard and the bookkeeping leave of bare undici. */
function summary(results: Map<string, Round[]>): object {
  const [ours, bare] = [...results.values()].map((rows) => spread(rows.map(({ perSecond }) => perSecond)));
  const ratio = ours!.median / bare!.median;
  const shared = { bar: null, pass: true, samples: rounds, spread: [ours!.low, ours!.high], machine: machine() };
  return { scenario: 'http-client', value: ours!.median, unit: 'requests/s', baseline: bare!.median, ratio, ...shared };
}

function spread(values: number[]): { low: number; median: number; high: number } {
  const sorted = values.map(Math.round).sort((a, b) => a - b);
  return { low: sorted[0]!, median: sorted[sorted.length >> 1]!, high: sorted.at(-1)! };
}

function machine(): string {
  return `${availableParallelism()} cores of ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`;
}

async function serve(): Promise<void> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.end('ok'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.send?.((server.address() as AddressInfo).port);
  process.once('disconnect', () => process.exit());
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill();
  await ended;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await (process.argv.includes('sink') ? serve() : run({ json: process.argv.includes('--json') }));
}
