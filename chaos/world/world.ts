import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../examples/support/free-port.js';
import { migrate } from '../../src/platform/database/migrate.js';
import type { Ledger } from '../ledger.js';
import { roleOf, SLOTS, type SlotName } from '../schedule.js';
import { Cluster } from './cluster.js';
import { DatabaseProxy } from './database-proxy.js';
import { Fleet } from './fleet.js';
import { ProcessSlot } from './process-slot.js';
import { DELIVERY_TIMEOUT_MS } from './tempers.js';

export const DATABASE = 'chaos';
export const API_KEY = 'chaos-consumer-key';
export const ADMIN_KEY = 'chaos-admin-key';
const MASTER_KEY = Buffer.alloc(32, 11).toString('base64');

/** Everything that a minute must be enough for is made short; the rest is as users have it. Times in ms. */
export const TIMES = {
  lease: 7_000,
  lost: 3_000,
  grace: 2_000,
} as const;

const SETTINGS = {
  POSTBACK_MASTER_KEY: MASTER_KEY,
  POSTBACK_BOOTSTRAP_API_KEY: API_KEY,
  POSTBACK_BOOTSTRAP_ADMIN_KEY: ADMIN_KEY,
  POSTBACK_PUBLIC_URL: 'http://postback.test',
  POSTBACK_DEMO_AGENTS: 'true',
  POSTBACK_EGRESS_ALLOW_HTTP: 'true',
  POSTBACK_EGRESS_ALLOW_CIDRS: '127.0.0.0/8',
  POSTBACK_DELIVERY_TIMEOUT_MS: String(DELIVERY_TIMEOUT_MS),
  POSTBACK_LEASE_MS: String(TIMES.lease),
  POSTBACK_HEARTBEAT_MS: '500',
  POSTBACK_PROCESS_LOST_MS: String(TIMES.lost),
  POSTBACK_SHUTDOWN_GRACE_MS: String(TIMES.grace),
  POSTBACK_TASK_POLL_INTERVAL_MS: '500',
  POSTBACK_POLL_INTERVAL_MS: '200',
  POSTBACK_SWEEP_INTERVAL_MS: '300',
  POSTBACK_RETRY_BASE_MS: '200',
  POSTBACK_RETRY_CAP_MS: '1000',
  POSTBACK_RETRY_MAX_RETRIES: '6',
  POSTBACK_BREAKER_MIN_FAILURES: '8',
  POSTBACK_BREAKER_MIN_MS: '2000',
  POSTBACK_BREAKER_PROBE_MS: '300',
  POSTBACK_CANCEL_GRACE_MS: '500',
  POSTBACK_WORKER_CONCURRENCY: '8',
  POSTBACK_DATABASE_POOL: '8',
};

export interface WorldOptions {
  /** Planted into every process. */
  defects: readonly string[];
  /** Directory to leave the logs of the service in; null: none. */
  logs: string | null;
  /** On top of those of every run. */
  settings?: Record<string, string>;
}

/** Postgres, the processes of the service with a proxy each in front of it, and the receivers. */
export class World {
  private constructor(
    readonly cluster: Cluster,
    readonly fleet: Fleet,
    readonly slots: ReadonlyMap<SlotName, ProcessSlot>,
    readonly proxies: ReadonlyMap<SlotName, DatabaseProxy>,
    readonly apiUrls: readonly string[],
    private readonly throwAway: readonly string[],
  ) {}

  /** Resolves once every process answers. */
  static async start(seed: number, ledger: Ledger, { defects, logs: kept, settings = {} }: WorldOptions): Promise<World> {
    const cluster = await Cluster.start();
    if (kept !== null) mkdirSync(kept, { recursive: true });
    const logs = kept ?? mkdtempSync(join(tmpdir(), 'postback-chaos-logs-'));
    await cluster.query('postgres', `CREATE DATABASE ${DATABASE} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'`);
    await migrate(cluster.url(DATABASE));
    const compiled = mkdtempSync(join(tmpdir(), 'postback-chaos-compiled-'));
    const slots = new Map<SlotName, ProcessSlot>();
    const proxies = new Map<SlotName, DatabaseProxy>();
    const apiUrls: string[] = [];
    for (const name of SLOTS) {
      const proxy = await DatabaseProxy.before(cluster.port);
      const role = roleOf(name);
      const port = role === 'api' ? await freePort() : 0; // the same after every restart
      if (role === 'api') apiUrls.push(`http://127.0.0.1:${port}`);
      const environment = {
        ...SETTINGS,
        DATABASE_URL: cluster.url(DATABASE, proxy.port),
        POSTBACK_ROLES: role,
        PORT: String(port),
        NODE_COMPILE_CACHE: compiled, // processes begin often here
        ...settings,
        ...(defects.length > 0 && { CHAOS_DEFECTS: defects.join(',') }),
      };
      proxies.set(name, proxy);
      slots.set(name, new ProcessSlot(name, role, environment, join(logs, `${name}.log`)));
    }
    const world = new World(cluster, await Fleet.start(seed, ledger), slots, proxies, apiUrls, [
      compiled,
      ...(kept === null ? [logs] : []),
    ]);
    for (const slot of slots.values()) slot.start();
    for (const slot of slots.values()) {
      if (await slot.ready(600_000)) continue;
      const { logText } = slot;
      await world.remove();
      throw new Error(`${slot.name} did not start:\n${logText}`);
    }
    return world;
  }

  /** Ends what is still there, whatever state it is in. */
  async remove(): Promise<void> {
    for (const slot of this.slots.values()) slot.kill();
    for (const proxy of this.proxies.values()) proxy.close();
    this.fleet.close();
    await this.cluster.remove();
    for (const directory of this.throwAway) rmSync(directory, { recursive: true, force: true });
  }

  query<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
    return this.cluster.query<Row & Record<string, unknown>>(DATABASE, text, values);
  }
}
