import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Limits } from '../limits.js';
import type { Order } from './protocol.js';

export type Child = ChildProcessByStdio<Writable, Readable, Readable>;

const ENTRY = fileURLToPath(new URL('child.js', import.meta.url));

// By path, not by PATH: the child gets next to no environment and needs none.
const prlimit = process.platform === 'linux' ? ['/usr/bin/prlimit', '/bin/prlimit'].find((path) => existsSync(path)) : undefined;

/**
 * Starts the reader with bounds that hold whatever a document makes it do: V8's heap, on Linux also all of its memory
 * and processor time, no files written, no processes started, no secrets in its environment. Buffers lie outside
 * V8's heap, so without prlimit (elsewhere than on Linux) only the time bounds them.
 */
export function spawnChild(order: Order): Child {
  const { limits } = order;
  const node = [
    process.execPath,
    `--max-old-space-size=${limits.heapMb}`,
    '--permission',
    '--allow-fs-read=*',
    '--no-warnings',
    ENTRY,
    JSON.stringify(order),
  ];
  const [command = '', ...args] = prlimit ? [prlimit, ...bounds(limits), ...node] : node;
  return spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], cwd: tmpdir(), env: { PATH: '/usr/bin:/bin' } });
}

function bounds(limits: Limits): string[] {
  // The parent's clock ends a slow child; processor time ends one whose parent was killed.
  const seconds = Math.ceil(limits.timeMs / 1000) * 2 + 5;
  return [`--data=${limits.dataBytes}`, `--cpu=${seconds}`, '--core=0', '--fsize=0', '--'];
}
