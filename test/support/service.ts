import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, afterEach } from '@jest/globals';
import pg from 'pg';
import { freePort } from '../../examples/support/free-port.js';
import { boot, type Running } from '../../src/boot.js';
import { loadConfig } from '../../src/config/load-config.js';
import { createLogger, type Logger } from '../../src/platform/logging/logger.js';
import { packageRoot } from '../../src/platform/package-root.js';
import type { TestDatabase } from './postgres.js';

export const API_KEY = 'test-consumer-key';
export const ADMIN_KEY = 'test-admin-key';
export const MASTER_KEY = Buffer.alloc(32, 7).toString('base64');

/** Settings for tests: loopback receivers allowed, demo agents on, and nothing waits longer than it must. */
export function testEnvironment(database: TestDatabase, more: Record<string, string> = {}): Record<string, string> {
  return {
    DATABASE_URL: database.url,
    PORT: '0',
    POSTBACK_PUBLIC_URL: 'http://postback.test',
    POSTBACK_MASTER_KEY: MASTER_KEY,
    POSTBACK_BOOTSTRAP_API_KEY: API_KEY,
    POSTBACK_BOOTSTRAP_ADMIN_KEY: ADMIN_KEY,
    POSTBACK_DEMO_AGENTS: 'true',
    POSTBACK_EGRESS_ALLOW_HTTP: 'true',
    POSTBACK_EGRESS_ALLOW_CIDRS: '127.0.0.0/8',
    POSTBACK_RETRY_BASE_MS: '20',
    POSTBACK_RETRY_CAP_MS: '50',
    POSTBACK_POLL_INTERVAL_MS: '50',
    POSTBACK_TASK_POLL_INTERVAL_MS: '500',
    POSTBACK_HEARTBEAT_MS: '200',
    POSTBACK_PROCESS_LOST_MS: '1000',
    POSTBACK_DATABASE_POOL: '8',
    POSTBACK_LOG_LEVEL: 'silent',
    POSTBACK_KEY_RATE_PER_SECOND: '1000000',
    POSTBACK_KEY_BURST: '1000000',
    ...more,
  };
}

/** The service within the test's own process. */
export async function startService(
  database: TestDatabase,
  more: Record<string, string> = {},
  logger?: Logger,
): Promise<Running & { url: string }> {
  const config = loadConfig(testEnvironment(database, more));
  const running = await boot(config, logger ?? createLogger(config.log.level), () => {});
  return { ...running, url: running.url ?? '' };
}

const living = { test: new Set<ChildProcess>(), file: new Set<ChildProcess>() };

/** A test that fails half-way leaves no process behind for the next one to trip over. */
afterEach(() => endAll(living.test));
afterAll(() => endAll(living.file));

function endAll(children: Set<ChildProcess>): void {
  for (const child of children) child.kill('SIGKILL');
}

/** The built service as a process of its own, to be killed. */
export class ServiceProcess {
  /** All that it wrote so far, logs and sentences alike. */
  output = '';

  private constructor(
    readonly child: ChildProcess,
    readonly url: string,
  ) {}

  /**
   * Resolves once the service answers.
   * @param more environment on top of `testEnvironment`
   * @param lives how long it may run at most
   * @param flags of Node; with any, the process has a channel to this one
   */
  static async start(
    database: TestDatabase,
    more: Record<string, string> = {},
    lives: 'test' | 'file' = 'test',
    flags: readonly string[] = [],
  ): Promise<ServiceProcess> {
    const port = await freePort();
    const env = { PATH: process.env.PATH ?? '', ...testEnvironment(database, { PORT: String(port), POSTBACK_LOG_LEVEL: 'info', ...more }) };
    const child = spawn(process.execPath, [...flags, packageRoot('dist/src/main.js')], {
      env,
      stdio: ['ignore', 'pipe', 'pipe', ...(flags.length > 0 ? (['ipc'] as const) : [])],
    });
    living[lives].add(child);
    child.once('exit', () => living[lives].delete(child));
    const service = new ServiceProcess(child, `http://127.0.0.1:${port}`);
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (chunk) => {
        service.output += chunk;
      });
    const ready = (async () => {
      for await (const line of createInterface({ input: child.stdout! })) if (line.includes('"service.ready"')) return;
      throw new Error(`The service ended before it was ready:\n${service.output}`);
    })();
    await ready;
    child.stdout!.resume();
    return service;
  }

  /** Resolves with the signal or exit code the process ended with. */
  async ended(): Promise<NodeJS.Signals | number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    return this.child.signalCode ?? this.child.exitCode;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<NodeJS.Signals | number | null> {
    this.child.kill(signal);
    return this.ended();
  }
}

export interface Answered {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they expect
  body: any;
  text: string;
}

/** One call of the API; JSON in, JSON out. */
export async function call(
  method: string,
  url: string,
  options: { body?: unknown; key?: string | null; headers?: Record<string, string> } = {},
): Promise<Answered> {
  const { body, key = API_KEY, headers = {} } = options;
  const response = await fetch(url, {
    method,
    headers: {
      ...(key !== null && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: text.startsWith('{') ? JSON.parse(text) : null };
}

const consoles = new Map<string, pg.Pool>();

afterAll(async () => {
  await Promise.all([...consoles.values()].map((pool) => pool.end()));
  consoles.clear();
});

/** Rows as a DBA would see them. */
export async function sql<Row extends object = Record<string, unknown>>(
  { url }: TestDatabase,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const pool = consoles.get(url) ?? openConsole(url);
  return (await pool.query<Row>(text, values)).rows;
}

/** Kept open: a connection costs both sides more than what most tests ask through it, and some ask every 20 ms. */
function openConsole(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, allowExitOnIdle: true });
  pool.on('error', () => {}); // its database was dropped, or its server stopped; the next query tells
  consoles.set(url, pool);
  return pool;
}
