import type { FastifyReply } from 'fastify';
import { invalid } from '../platform/http/problem.js';
import type { TaskWatcher } from './task-watcher.js';

/** Seconds. Longer ones would meet the time-outs of proxies. */
export const MAX_WAIT_SECONDS = 60;

/** What `?wait=` says, in seconds; 0 when it says nothing. */
export function readWait(wait: unknown): number {
  if (wait === undefined) return 0;
  if (typeof wait === 'string' && /^\d{1,2}$/.test(wait) && Number(wait) <= MAX_WAIT_SECONDS) return Number(wait);
  throw invalid([{ field: 'wait', detail: `wait is a whole number of seconds, from 0 to ${MAX_WAIT_SECONDS}.` }]);
}

/**
 * `wait` of a Prefer header (RFC 7240, section 4.3), in seconds, or null. A preference is never refused: what cannot be read is ignored (section 2), and
 * a longer wait than we grant is shortened.
 */
export function readPreferWait(prefer: string | undefined): number | null {
  for (const preference of (prefer ?? '').split(',')) {
    const [, seconds] = /^\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:;.*)?$/i.exec(preference) ?? [];
    if (seconds !== undefined) return Math.min(Number(seconds), MAX_WAIT_SECONDS); // of several, the first counts
  }
  return null;
}

/** Resolves when the task has ended, the time is over, or nobody waits any more. */
export async function waitForTask(
  watcher: TaskWatcher,
  keyId: string,
  task: { taskId: string; after: number },
  seconds: number,
  reply: FastifyReply,
): Promise<void> {
  const gone = new AbortController();
  if (reply.raw.destroyed) return;
  reply.raw.once('close', () => gone.abort());
  reply.raw.setTimeout((seconds + 30) * 1_000); // the server's own limit for silent connections is shorter
  await watcher.ended(keyId, task, seconds * 1_000, gone.signal);
  if (watcher.stopping) void reply.header('connection', 'close'); // else the server waits for this connection to time out
}
