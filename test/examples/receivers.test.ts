import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { freePort } from '../../examples/support/free-port.js';
import { packageRoot } from '../../src/platform/package-root.js';
import { signatures, signingKey } from '../../src/webhooks/delivery/sign.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { call, sql, startService } from '../support/service.js';

jest.setTimeout(120_000); // programs that start, as slow as the machine is busy

/** A line of a receiver's own books. */
interface Line {
  task_id: string;
  status: string;
  followed_up_at: unknown;
}

/** One of the receivers under `examples/receivers`, with a way into its tables. */
interface Kit {
  secret: string;
  command: string[];
  env(): Record<string, string>;
  lines(): Promise<Line[]>;
  /** Lets it get as far as between the insert of the id and the commit; resolves with the way on once it is there. */
  stopBeforeCommit(): Promise<{ reached(): Promise<boolean>; letGo(): Promise<void> }>;
}

let database: TestDatabase;
let service: Awaited<ReturnType<typeof startService>>;
const files = mkdtempSync(join(tmpdir(), 'postback-receivers-'));
const children = new Set<ChildProcess>();

beforeAll(async () => {
  database = await createTestDatabase();
  await sql(database, 'CREATE SCHEMA express');
  await sql(database, 'CREATE SCHEMA fastify');
  service = await startService(database, {
    POSTBACK_RETRY_IMMEDIATE: 'false',
    POSTBACK_RETRY_MAX_RETRIES: '100', // a receiver that starts again is away for as long as it takes
    POSTBACK_RETRY_CAP_MS: '200',
  });
});

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await service?.stop();
  await database?.drop();
  rmSync(files, { recursive: true, force: true });
});

function inPostgres(schema: string, secret: string): Kit {
  const url = () => `${database.url}?options=-csearch_path%3D${schema}`;
  const table = `${schema}.finished_tasks`;
  return {
    secret,
    command: [process.execPath, packageRoot(`dist/examples/receivers/${schema}.js`)],
    env: () => ({ DATABASE_URL: url() }),
    lines: () => sql<Line>(database, `SELECT * FROM ${table} ORDER BY id`),
    async stopBeforeCommit() {
      const locker = new pg.Client({ connectionString: database.url });
      await locker.connect();
      await locker.query(`BEGIN; LOCK TABLE ${table} IN EXCLUSIVE MODE`);
      const waiting = `SELECT FROM pg_locks WHERE relation = '${table}'::regclass AND NOT granted`;
      return { reached: async () => (await sql(database, waiting)).length > 0, letGo: () => locker.end() };
    },
  };
}

function inSqlite(secret: string): Kit {
  const file = join(files, 'receiver.db');
  const open = <T>(work: (db: DatabaseSync) => T): T => {
    const db = new DatabaseSync(file);
    try {
      return work(db);
    } finally {
      db.close();
    }
  };
  return {
    secret,
    command: ['python3', packageRoot('examples/receivers/receiver.py')],
    env: () => ({ DATABASE: file }),
    lines: async () => open((db) => db.prepare('SELECT * FROM finished_tasks ORDER BY id').all()) as unknown as Line[],
    async stopBeforeCommit() {
      // counts for minutes, in the middle of the transaction
      open((db) =>
        db.exec(`CREATE VIEW counting AS WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1e11) SELECT max(n) AS n FROM c;
                 CREATE TRIGGER stop_here AFTER INSERT ON finished_tasks BEGIN SELECT n FROM counting; END`),
      );
      return {
        reached: async () => open(isLocked),
        letGo: async () => open((db) => db.exec('DROP TRIGGER stop_here; DROP VIEW counting')),
      };
    },
  };
}

function isLocked(db: DatabaseSync): boolean {
  try {
    db.exec('BEGIN IMMEDIATE; ROLLBACK');
    return false;
  } catch {
    return true;
  }
}

/** Starts a program that prints where it listens. */
async function start(
  [command, ...args]: string[],
  env: Record<string, string>,
): Promise<{ child: ChildProcess; url: string; out: () => string }> {
  const child = spawn(command!, args, {
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  let out = '';
  child.stderr.on('data', (chunk) => (out += chunk));
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      out += `${line}\n`;
      const [found] = /http:\/\/127\.0\.0\.1:\d+\S*/.exec(line) ?? [];
      if (found) resolve(found.replace(/:$/, ''));
    });
    child.once('exit', () => reject(new Error(`${command} ${args} ended:\n${out}`)));
  });
  return { child, url, out: () => out };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await ended;
}

const submit = async (url: string, secret: string, more: object = {}): Promise<string> =>
  (await call('POST', `${service.url}/agent/echo`, { body: { payload: 'ü', webhook_url: url, webhook_secret: secret, ...more } })).body
    .task_id;

/** The task's webhook, once it has been delivered after so many attempts. */
const delivered = (taskId: string) =>
  eventually(async () => {
    const [row] = await sql<{ attempts: number }>(
      database,
      `SELECT attempts FROM postback.webhook_outbox WHERE task_id = $1 AND status = 'delivered'`,
      [taskId],
    );
    return row;
  }, `the delivery of ${taskId}`);

const kits: [string, Kit][] = [
  ['express.ts', inPostgres('express', 'geheim-ünïcode-✓')],
  ['fastify.ts', inPostgres('fastify', `whsec_${Buffer.alloc(24, 9).toString('base64')}`)],
  ['receiver.py', inSqlite('my-client-super-secret-key')],
];

describe.each(kits)('examples/receivers/%s', (_, kit) => {
  let port: string;
  let running: Awaited<ReturnType<typeof start>>;
  const boot = async () => {
    running = await start(kit.command, { ...kit.env(), WEBHOOK_SECRET: kit.secret, PORT: port });
  };
  const of = async (taskId: string) => (await kit.lines()).filter((line) => line.task_id === taskId);

  beforeAll(async () => {
    port = String(await freePort());
    await boot();
  });

  /** A webhook of one's own making, signed as the service signs. */
  function signed(taskId: string, { agoSeconds = 0, secret = kit.secret } = {}) {
    const body = JSON.stringify({ type: 'task.completed', event_id: `of-${taskId}`, task_id: taskId, status: 'completed', result: 'ü' });
    const timestampSeconds = Math.floor(Date.now() / 1000) - agoSeconds;
    return {
      body,
      headers: { ...signatures([signingKey(secret)], { id: `of-${taskId}`, timestampSeconds, body }) } as Record<string, string>,
    };
  }

  const send = async ({ body, headers }: { body: string; headers: Record<string, string> }) =>
    (await fetch(running.url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } })).status;

  it('stores a webhook, follows it up, and stores it once when it is sent again', async () => {
    const task = await submit(running.url, kit.secret);
    expect(await delivered(task)).toEqual({ attempts: 1 });
    const [line] = await eventually(async () => (await of(task)).some((each) => each.followed_up_at !== null) && of(task), 'the follow-up');
    expect(line).toMatchObject({ status: 'completed' });
    expect((await call('POST', `${service.url}/tasks/${task}/redeliver`, { body: {} })).status).toBe(202);
    await eventually(async () => (await delivered(task)).attempts === 2, 'the second delivery');
    expect(await of(task)).toHaveLength(1);
    expect(running.out()).toContain(`task ${task} completed`);
  });

  it('refuses what was tampered with, what is old, and what is signed by others', async () => {
    const id = (n: number) => `01a20969-702f-7046-bb0a-00000000000${n}`;
    const good = signed(id(1));
    const without = (name: string) => ({
      ...good,
      headers: Object.fromEntries(Object.entries(good.headers).filter(([each]) => each !== name)),
    });
    const bad = [
      { ...good, body: good.body.replace('ü', 'u') },
      { ...good, headers: { ...good.headers, 'webhook-id': 'another' } },
      signed(id(1), { agoSeconds: 600 }),
      signed(id(1), { agoSeconds: -600 }),
      signed(id(1), { secret: 'another-secret' }),
      ...Object.keys(good.headers).map(without),
    ];
    expect(await Promise.all(bad.map(send))).toEqual(bad.map(() => 401));
    expect(await of(id(1))).toEqual([]);
    expect(await send(good)).toBe(200);
    expect(await of(id(1))).toHaveLength(1);
  });

  it('stores duplicates that come at the same time once, and takes them all', async () => {
    const task = '01a20969-702f-7046-bb0a-000000000009';
    const webhook = signed(task);
    expect(await Promise.all(Array.from({ length: 8 }, () => send(webhook)))).toEqual(Array.from({ length: 8 }, () => 200));
    expect(await of(task)).toHaveLength(1);
  });

  it('stores a webhook once when it crashes between the insert and the commit', async () => {
    const { reached, letGo } = await kit.stopBeforeCommit();
    const task = await submit(running.url, kit.secret);
    await eventually(reached, 'the receiver to be in the middle of its transaction');
    await end(running.child, 'SIGKILL');
    await letGo();
    expect(await of(task)).toEqual([]);
    await boot();
    expect((await delivered(task)).attempts).toBeGreaterThan(1);
    expect(await of(task)).toHaveLength(1);
  });

  it('ends on SIGTERM', async () => {
    await end(running.child, 'SIGTERM');
    expect(running.child.exitCode).toBe(0);
  });
});

describe('npm run listen', () => {
  it('shows and verifies each webhook, and misbehaves as it is told', async () => {
    const secret = 'my-client-super-secret-key';
    const args = ['--port', '0', '--secret', secret, '--fail', '2', '--status', '503', '--retry-after', '0'];
    const listener = await start([process.execPath, packageRoot('dist/examples/listen/main.js'), ...args], { NO_COLOR: '1' });
    const task = await submit(`${listener.url}/hook`, secret, { payload: { hello: 'world' } });
    expect(await delivered(task)).toEqual({ attempts: 3 });
    await call('POST', `${listener.url}/hook`, { body: { type: 'forged' } });
    const shown = await eventually(async () => listener.out().includes('forged') && listener.out(), 'the forged one to be shown');
    expect(shown.match(/task\.completed .*/g)).toEqual(
      [1, 2, 3].map((n) =>
        expect.stringMatching(new RegExp(`attempt ${n}, \\d+ bytes, both signatures verified -> ${n < 3 ? '503, Retry-After 0' : '200$'}`)),
      ),
    );
    expect(shown).toContain('which came 2 times before');
    expect(shown).toContain('"hello": "world"');
    expect(shown).toMatch(/forged {2}attempt \?, \d+ bytes, x-webhook-signature and webhook-signature WRONG -> 401/);
    await end(listener.child, 'SIGTERM');
    expect(listener.child.exitCode).toBe(0);
  });
});
