import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isAlive } from './process-birth.js';

/** The running server, as it describes itself in `postmaster.pid`. */
export interface Postmaster {
  pid: number;
  port: number;
  ready: boolean;
}

const file = (cluster: string): string => join(cluster, 'postmaster.pid');

/** Null when nothing runs on this cluster. */
export function findPostmaster(cluster: string): Postmaster | null {
  const lines = readLines(file(cluster));
  if (!lines) return null;
  const pid = Number(lines[0]);
  if (!isAlive(pid)) return null;
  if (!isOurs(pid, cluster)) {
    // The number was given to a stranger after a crash. Postgres would take him for a server and refuse to start.
    rmSync(file(cluster), { force: true });
    return null;
  }
  return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
}

function readLines(path: string): string[] | null {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Only Linux can tell; elsewhere Postgres' own check has to do. */
function isOurs(pid: number, cluster: string): boolean {
  if (process.platform !== 'linux') return true;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(cluster);
  } catch {
    return false;
  }
}

const POLL_MS = 10;
const FAST_LIMIT_MS = 30_000;
const HARD_LIMIT_MS = 10_000;

/**
 * Stops it with all its connections and waits until it is gone. One that does not go in time is told to stop at once:
 * nothing committed is lost, the next start replays the log.
 */
export async function stopPostmaster({ pid }: Postmaster): Promise<void> {
  signal(pid, 'SIGINT');
  if (await isGone(pid, FAST_LIMIT_MS)) return;
  signal(pid, 'SIGQUIT');
  if (await isGone(pid, HARD_LIMIT_MS)) return;
  throw new Error(`The embedded Postgres (process ${pid}) does not stop.`);
}

export function signal(pid: number, name: 'SIGINT' | 'SIGQUIT'): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function isGone(pid: number, limitMs: number): Promise<boolean> {
  for (let waited = 0; waited < limitMs; waited += POLL_MS) {
    if (!isAlive(pid)) return true;
    await wait(POLL_MS);
  }
  return false;
}
