import pg from 'pg';
import { Pool } from 'undici';
import { version } from '../../src/platform/version.js';
import { type SigningKey, signatures, signingKey } from '../../src/webhooks/delivery/sign.js';
import { answerQuestions } from './helper.js';

export type BareQuestions = typeof questions;

interface Row {
  id: string;
  event_id: string;
  url: string;
  body: string;
}

interface Webhook extends Row {
  pool: Pool;
  path: string;
}

const pools = new Map<string, Pool>();
let webhooks: Webhook[] = [];

/** What no delivery engine can beat: the same bodies, signed the same way, in a bare undici loop, with nothing kept. */
const questions = {
  /** Reads the rows before anybody looks at a clock. */
  async read({ databaseUrl }: { databaseUrl: string }): Promise<number> {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    const { rows } = await client.query<Row>(
      'SELECT o.id, o.event_id, o.url, v.body FROM postback.webhook_outbox o JOIN postback.webhook_events v ON v.id = o.event_id ORDER BY o.id',
    );
    await client.end();
    webhooks = rows.map((row) => ({ ...row, pool: poolOf(new URL(row.url).origin), path: new URL(row.url).pathname }));
    return rows.length;
  },

  /** Sends all of them once; seconds from the first request to the last answer. */
  async send({ secret, concurrency }: { secret: string; concurrency: number }): Promise<number> {
    const startedAt = performance.now();
    const line = webhooks.values();
    await Promise.all(Array.from({ length: concurrency }, () => sendFrom(line, signingKey(secret))));
    return (performance.now() - startedAt) / 1_000;
  },
};

async function sendFrom(line: Iterable<Webhook>, key: SigningKey): Promise<void> {
  for (const { pool, path, id, event_id, body } of line) {
    const signed = signatures([key], { id: event_id, timestampSeconds: Math.floor(Date.now() / 1_000), body });
    const headers = { ...fixedHeaders, ...signed, 'webhook-attempt': '1', 'webhook-delivery-id': id };
    const answer = await pool.request({ path, method: 'POST', headers, body });
    await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`The sink answered ${answer.statusCode}.`);
  }
}

const fixedHeaders = { 'content-type': 'application/json', 'user-agent': `Postback/${version}` };

function poolOf(origin: string): Pool {
  const pool = pools.get(origin) ?? new Pool(origin, { connections: 256, allowH2: false });
  pools.set(origin, pool);
  return pool;
}

answerQuestions(questions);
