import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from '../../examples/support/free-port.js';
import { ensureCluster } from '../../src/platform/database/embedded/cluster.js';
import { choosePlace, type Place } from '../../src/platform/database/embedded/place.js';
import { findPostmaster, stopPostmaster } from '../../src/platform/database/embedded/postmaster.js';
import { runServer } from '../../src/platform/database/embedded/server.js';

/** How a server is ended: SIGINT disconnects everybody in good order, SIGQUIT drops everything at once, SIGKILL asks nobody. */
export type Ending = 'SIGINT' | 'SIGQUIT' | 'SIGKILL';

const POLL_MS = 20;

/** A Postgres of the harness's own, always at the same port, that can be ended in every way and started again on the same data. */
export class Cluster {
  private readonly stoppedBackends = new Set<number>();

  private constructor(
    private readonly directory: string,
    private readonly place: Place,
    readonly port: number,
  ) {}

  static async start(): Promise<Cluster> {
    const directory = mkdtempSync(join(tmpdir(), 'postback-chaos-'));
    const place = choosePlace(join(directory, 'data'), () => {});
    await ensureCluster(place, false);
    const cluster = new Cluster(directory, place, await freePort());
    process.once('exit', () => cluster.signal('SIGQUIT')); // nobody is left to stop it in good order
    await cluster.startAgain();
    return cluster;
  }

  /** @param port where it is reached, when that is through a proxy */
  url(database: string, port = this.port): string {
    return `postgres://postgres:${this.password}@127.0.0.1:${port}/${database}`;
  }

  get password(): string {
    return readFileSync(this.place.passwordFile, 'utf8').trim();
  }

  /** On the server itself, past every proxy. Rejects while it is down. */
  async query<Row extends pg.QueryResultRow>(database: string, text: string, values: unknown[] = []): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.url(database), application_name: 'chaos', connectionTimeoutMillis: 5_000 });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end().catch(() => {});
    }
  }

  /** Ends it and waits until it is gone; its backends may outlive it for a moment. */
  async end(how: Ending): Promise<void> {
    this.resumeBackends(); // a server that is told to shut down waits for each of them
    const server = findPostmaster(this.place.cluster);
    this.signal(how);
    while (server !== null && findPostmaster(this.place.cluster)?.pid === server.pid) await delay(POLL_MS);
  }

  /** On the data as they are, whatever ended the one before: it replays its log. */
  async startAgain(): Promise<void> {
    // What is killed here is the server, never the machine: what it has handed to the kernel is safe, and what it has not is lost, as it
    // would be with fsync. Without it a restart does not wait until the whole data directory is on the disk.
    const settings = { max_connections: '200', port: String(this.port), fsync: 'off' };
    for (let tries = 1; ; tries += 1) {
      try {
        await runServer(this.place, settings);
        return;
      } catch (error) {
        if (tries === 10) throw error; // backends of one that was killed hold its memory until they notice
        await delay(500);
      }
    }
  }

  stopBackend(pid: number): void {
    if (signalProcess(pid, 'SIGSTOP')) this.stoppedBackends.add(pid);
  }

  resumeBackends(): void {
    for (const pid of this.stoppedBackends) signalProcess(pid, 'SIGCONT');
    this.stoppedBackends.clear();
  }

  async remove(): Promise<void> {
    this.resumeBackends();
    const server = findPostmaster(this.place.cluster);
    if (server !== null) await stopPostmaster(server);
    for (const used of [this.directory, this.place.dataDir]) rmSync(used, { recursive: true, force: true });
  }

  private signal(how: Ending): void {
    const server = findPostmaster(this.place.cluster);
    if (server !== null) signalProcess(server.pid, how);
  }
}

/** False when it is gone already. */
function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
