import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Binaries, findBinaries } from './binaries.js';
import { canEnter, type ServerUser, serverUser } from './server-user.js';

/** Where things are and who runs them. */
export interface Place {
  dataDir: string;
  /** Holds all of the below; made in one piece. */
  home: string;
  /** What Postgres calls PGDATA. */
  cluster: string;
  passwordFile: string;
  logFile: string;
  /** One file per living process that uses the server. */
  users: string;
  /** `bin` of a Postgres that the user can execute. */
  bin: string;
  version: string;
  user: ServerUser;
}

const FALLBACK = '/var/lib/postback';

/**
 * A place that the server's user can reach. A clone under root's home is not: neither the data directory nor the programs
 * under `node_modules` can be entered by the user `postgres`, so both move under /var/lib.
 */
export function choosePlace(wanted: string, log: (line: string) => void): Place {
  const asked = resolve(wanted);
  const user = serverUser(homeOf(asked).cluster);
  // One name for one directory: a running server is recognised by it.
  const dataDir = realpathSync(makeEnterable(asked, user) ? asked : fallbackFor(asked, user, log));
  const binaries = findBinaries();
  return { ...homeOf(dataDir), dataDir, bin: join(reachable(binaries, user), 'bin'), version: binaries.version, user };
}

function homeOf(dataDir: string) {
  const home = join(dataDir, 'postgres');
  return { home, ...inside(home) };
}

export const inside = (home: string) => ({
  cluster: join(home, 'cluster'),
  passwordFile: join(home, 'password'),
  logFile: join(home, 'server.log'),
  users: join(home, 'users'),
});

function fallbackFor(asked: string, user: ServerUser, log: (line: string) => void): string {
  const dataDir = join(FALLBACK, nameFor(asked));
  if (!makeEnterable(dataDir, user))
    throw new Error(`The user of Postgres can enter neither ${asked} nor ${dataDir}. Set POSTBACK_DATA_DIR.`);
  log(`The user of Postgres cannot enter ${asked}: the data is kept in ${dataDir}.`);
  return dataDir;
}

/** Readable, and different for every path. */
function nameFor(path: string): string {
  const words = path.replaceAll(/[^A-Za-z0-9]+/g, '-').replaceAll(/^-|-$/g, '');
  return `${words.slice(-60)}-${createHash('sha256').update(path).digest('hex').slice(0, 8)}`;
}

/** What we make ourselves is made enterable, whatever the umask; what exists keeps its mode. */
function makeEnterable(dir: string, user: ServerUser): boolean {
  const first = mkdirSync(dir, { recursive: true });
  for (let made = dir; first && made.length >= first.length; made = dirname(made)) chmodSync(made, 0o755);
  return canEnter(user, dir);
}

/** These programs where the user can run them: where they are, else in a copy that is made once per version. */
export function reachable({ root, version }: Binaries, user: ServerUser): string {
  if (canEnter(user, join(root, 'bin', 'postgres'))) return root;
  const copy = join(FALLBACK, `server-${version}-${process.arch}`);
  if (!existsSync(copy)) copyWhole(root, copy);
  return copy;
}

/** Under another name first: a copy that was cut short must never be taken for a whole one. */
function copyWhole(from: string, to: string): void {
  const half = `${to}.${randomUUID()}`;
  cpSync(from, half, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith('.a') });
  execFileSync('chmod', ['-R', 'a+rX', half]);
  moveUnlessThere(half, to);
}

/** The first of two that race wins; renaming onto a directory that holds something fails. */
export function moveUnlessThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    rmSync(from, { recursive: true, force: true });
    if (!existsSync(to)) throw error;
  }
}
