import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { serverEnv } from './cluster.js';
import type { Place } from './place.js';
import { findPostmaster, type Postmaster } from './postmaster.js';

const POLL_MS = 10;
/** Replaying the log after a crash takes its time, and a server that is at it must not be given up. */
const START_LIMIT_MS = 300_000;
const TRIES = 5;
const PAUSE_MS = 300;
const LOG_MAX_BYTES = 10_000_000;

export type ServerSettings = Readonly<Record<string, string>>;

const ownSettings: ServerSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  // English, so that what we quote can be searched for; short, because details and statements quote people's data.
  lc_messages: 'C',
  log_checkpoints: 'off',
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
};

/**
 * The server of this cluster: the one that runs (`found`), else a new one. Tries again when somebody took the port in the
 * meantime, when another process was quicker, and while the children of a killed server still let go of its memory.
 */
export async function runServer(place: Place, settings: ServerSettings): Promise<{ server: Postmaster; found: boolean }> {
  for (let tries = 1; ; tries++) {
    const running = await untilReadyOrGone(place);
    if (running) return { server: running, found: true };
    const started = await startServer(place, settings);
    if (typeof started !== 'string') return { server: started, found: false };
    if (tries === TRIES) throw new Error(`The embedded Postgres does not start. ${place.logFile} ends with:\n${started}`);
    await wait(PAUSE_MS);
  }
}

/** Null when none runs, or when the one that ran was on its way out. */
async function untilReadyOrGone({ cluster }: Place): Promise<Postmaster | null> {
  for (let waited = 0; waited < START_LIMIT_MS; waited += POLL_MS) {
    const server = findPostmaster(cluster);
    if (server === null || server.ready) return server;
    await wait(POLL_MS);
  }
  throw new Error(`The embedded Postgres on ${cluster} runs but does not become ready.`);
}

/** The new server, or why it ended itself. */
async function startServer(place: Place, settings: ServerSettings): Promise<Postmaster | string> {
  const port = String(await freePort());
  const log = openLog(place.logFile);
  const child = spawnServer(place, { ...ownSettings, port, ...settings }, log);
  closeSync(log);
  let problem: string | null = null;
  child.once('error', (error) => {
    problem = error.message;
  });
  for (let waited = 0; waited < START_LIMIT_MS; waited += POLL_MS) {
    if (problem !== null) return problem;
    if (hasEnded(child)) return lastLines(place.logFile);
    const server = findPostmaster(place.cluster);
    if (server?.ready && server.pid === child.pid) return server;
    await wait(POLL_MS);
  }
  child.kill('SIGQUIT');
  return 'It took too long.';
}

function spawnServer(place: Place, settings: ServerSettings, log: number): ChildProcess {
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(join(place.bin, 'postgres'), ['-D', place.cluster, ...flags], {
    ...place.user,
    env: serverEnv,
    cwd: '/',
    // Ctrl-C in a terminal goes to the whole process group, and the server has to outlive our draining.
    detached: true,
    stdio: ['ignore', log, log],
  });
  child.unref();
  return child;
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

function openLog(path: string): number {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > LOG_MAX_BYTES) renameSync(path, `${path}.old`);
  return openSync(path, 'a', 0o600);
}

const lastLines = (path: string): string => readFileSync(path, 'utf8').trim().split('\n').slice(-5).join('\n');

/** Free a moment ago; the caller tries again when it no longer is. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
