import type { IncomingHttpHeaders } from 'node:http';
import pg from 'pg';
import { createTables, followUp, storeOnce, type WebhookEvent } from './store.js';
import { verify } from './verify.js';

/** What a receiver does, whatever the web framework. */
export interface Receiver {
  /** HTTP status to answer with. @param body the raw bytes */
  receive(headers: IncomingHttpHeaders, body: Buffer): Promise<number>;
  stop(): Promise<void>;
}

/** Reads `DATABASE_URL` and `WEBHOOK_SECRET`, and `WEBHOOK_SECRET_NEXT` while a secret is rotated. */
export async function startReceiver(env: NodeJS.ProcessEnv): Promise<Receiver> {
  const secrets = [env.WEBHOOK_SECRET, env.WEBHOOK_SECRET_NEXT].filter((secret) => secret !== undefined && secret !== '') as string[];
  if (secrets.length === 0) throw new Error('Set WEBHOOK_SECRET to the secret that the webhooks are signed with.');
  if (!env.DATABASE_URL) throw new Error('Set DATABASE_URL to the Postgres that this receiver keeps its tables in.');
  const pool = new pg.Pool({ connectionString: env.DATABASE_URL, max: 5 });
  pool.on('error', () => {}); // an idle connection that breaks is replaced at the next use
  await createTables(pool);
  let following = follow(pool);
  return {
    async receive(headers, body) {
      // first of all: whoever cannot sign gets no effect, and no hint
      const { simple, standard } = verify(secrets, headers, body);
      if (!simple || !standard) return 401;
      const stored = await storeOnce(pool, String(headers['webhook-id']), body.toString('utf8'));
      if (stored === 'stored') following = following.then(() => follow(pool));
      return 200; // a duplicate, too: it was received
    },
    async stop() {
      await following;
      await pool.end();
    },
  };
}

/** A failure here is no reason to refuse the webhook: the line stays, and is tried again with the next one or at the next start. */
async function follow(pool: pg.Pool): Promise<void> {
  await followUp(pool, tellUser).catch((error) => console.error(`Following up failed: ${error}`));
}

/** Put what takes seconds or minutes here: mails, other services, fetching the `result_url` of a large result. */
async function tellUser({ task_id, status }: WebhookEvent): Promise<void> {
  console.log(`task ${task_id} ${status}`);
}
