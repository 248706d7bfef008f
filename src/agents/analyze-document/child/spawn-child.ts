import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Limits } from '../limits.js';
import type { Order } from './protocol.js';

export type Child = ChildProcessByStdio<Writable, Readable, Readable>;

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const ENTRY = here('child.js');
const NO_NETWORK = here('close-network.js');

/** What was built is in `dist`; beside it are the packages. */
const BUILT = here('../../../../');

/**
 * All that the child may read: code. Not the rest of the disk, where `/proc` holds the environment of its parent and an embedded database its
 * master key: what a document makes a library run would have them in its hands.
 */
const READABLE = [join(BUILT, '*'), join(BUILT, '../node_modules/*'), join(BUILT, '../package.json')].flatMap(spellings);

// By path, not by PATH: the child gets next to no environment and needs none.
const prlimit = process.platform === 'linux' ? ['/usr/bin/prlimit', '/bin/prlimit'].find((path) => existsSync(path)) : undefined;

/** Starts the reader. */
export function spawnChild(order: Order): Child {
  return spawnConfined(ENTRY, order.limits, [JSON.stringify(order)]);
}

/**
 * Starts a script with bounds that hold whatever a document makes it do: V8's heap, on Linux also all of its memory and
 * processor time, no files but code, none written, no processes and threads started, no secrets in its environment, no network. Buffers
 * lie outside V8's heap, so without prlimit (elsewhere than on Linux) only the time bounds them.
 */
export function spawnConfined(script: string, limits: Limits, args: readonly string[] = []): Child {
  const node = [
    process.execPath,
    `--max-old-space-size=${limits.heapMb}`,
    '--permission',
    ...READABLE.map((path) => `--allow-fs-read=${path}`),
    `--import=${pathToFileURL(NO_NETWORK)}`,
    '--no-warnings',
    script,
    ...args,
  ];
  const [command = '', ...rest] = prlimit ? [prlimit, ...bounds(limits), ...node] : node;
  return spawn(command, rest, { stdio: ['pipe', 'pipe', 'pipe'], cwd: tmpdir(), env: { PATH: '/usr/bin:/bin' } });
}

/** Node asks for a package by the path it was looked for at, and for its files by their real path; each of the two must be allowed. */
function spellings(path: string): string[] {
  const folder = dirname(path);
  return existsSync(folder) ? [...new Set([path, join(realpathSync(folder), basename(path))])] : [path];
}

function bounds(limits: Limits): string[] {
  // The parent's clock ends a slow child; processor time ends one whose parent was killed.
  const seconds = Math.ceil(limits.timeMs / 1000) * 2 + 5;
  return [`--data=${limits.dataBytes}`, `--cpu=${seconds}`, '--core=0', '--fsize=0', '--'];
}
