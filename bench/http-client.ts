import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import axios from 'axios';
import { Pool } from 'undici';
import { guardedAgent, guardedAxios } from '../src/platform/egress/axios-adapter.js';
import { OperatorPolicy } from '../src/platform/egress/operator-policy.js';
import { DnsResolver } from '../src/platform/egress/resolver.js';
import { egressRules } from '../src/platform/egress/rules.js';
import { WebhookClient } from '../src/platform/egress/webhook-client.js';
import type { Options } from './support/options.js';
import { compare, type Report, type Summary } from './support/report.js';
import { openOrigins, startSink } from './support/start-sink.js';
import { type Spread, spreadOf } from './support/statistics.js';

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

const roundMs = 800;
const connections = 32;
const payload = JSON.stringify({ type: 'task.completed', result: 'x'.repeat(970) });

/** Compares HTTP clients for the webhook hot path: 1 KB bodies, an HMAC each, keep-alive, against a sink in its own process. */
export async function run(options: Options): Promise<Report> {
  const rounds = options.rounds ?? (options.quick ? 1 : 9);
  const sink = startSink();
  const [origin] = await openOrigins(sink, 1);
  return report(await measure(contendersFor(origin!), rounds), rounds);
}

async function measure(contenders: Contender[], rounds: number): Promise<Map<string, Round[]>> {
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

function report(results: Map<string, Round[]>, rounds: number): Report {
  const lines = [
    `${rounds} alternating rounds of ${roundMs} ms, ${connections} at a time, median (lowest to highest).`,
    '',
    '| client | requests/s | client CPU per request |',
    '|---|---|---|',
  ];
  for (const [name, rows] of results) {
    const rate = whole(rows.map(({ perSecond }) => perSecond));
    const cpu = whole(rows.map(({ cpuMicros }) => cpuMicros));
    lines.push(`| ${name} | ${rate.median} (${rate.low} to ${rate.high}) | ${cpu.median} µs (${cpu.low} to ${cpu.high}) |`);
  }
  return { summary: summary(results), lines };
}

/** No bar: the scenario informs a decision. The ratio is what the guard and the bookkeeping leave of bare undici. */
function summary(results: Map<string, Round[]>): Summary {
  const [ours, bare] = [...results.values()];
  const pairs = ours!.map(({ perSecond }, i) => ({ ours: perSecond, baseline: bare![i]!.perSecond }));
  return compare('http-client', 'requests/s', pairs, {});
}

function whole(values: number[]): Spread {
  return spreadOf(values.map(Math.round));
}
