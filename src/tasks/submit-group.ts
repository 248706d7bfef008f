import { setTimeout as delay } from 'node:timers/promises';
import { isDatabaseTrouble } from '../platform/database/database-trouble.js';
import { unavailable } from '../platform/http/problem.js';
import { OutcomeUnknown, type Submission, type Submitted } from './submit-tasks.js';

export interface SubmitGroupParts {
  /** Writes a group in one commit. May be called again with the same one: ids were made before, so nothing is stored twice. */
  write(group: readonly Submission[]): Promise<Submitted[]>;
  /** Ms on a clock that never jumps. */
  monotonic(): number;
}

/** What became of one submission: stored or not, or why nobody can say. */
export type GroupResult = Submitted | { kind: 'error'; error: unknown };

/** Somebody waits for the answer: a group is not repeated any more after so long. */
const PATIENCE_MS = 2_000;

/**
 * Writes a group and returns an answer for each submission, in the order given; never rejects. A deadlock, a lost connection or an
 * unknown COMMIT repeats the group. A group that the database refuses is halved, until what it will not take stands alone.
 */
export async function submitGroup(parts: SubmitGroupParts, group: readonly Submission[]): Promise<GroupResult[]> {
  try {
    return await throughTrouble(parts, group);
  } catch (error) {
    if (group.length === 1 || isDatabaseTrouble(error)) return group.map(() => ({ kind: 'error', error }));
    const half = Math.ceil(group.length / 2);
    return [...(await submitGroup(parts, group.slice(0, half))), ...(await submitGroup(parts, group.slice(half)))];
  }
}

async function throughTrouble({ write, monotonic }: SubmitGroupParts, group: readonly Submission[]): Promise<Submitted[]> {
  const giveUpAt = monotonic() + PATIENCE_MS;
  let unknown = false;
  for (let pauseMs = 10; ; pauseMs *= 4) {
    try {
      return await write(group);
    } catch (error) {
      if (!isDatabaseTrouble(error)) throw error;
      unknown ||= error instanceof OutcomeUnknown;
      // one try may have been committed before the later ones found nobody: then "nothing was stored" would be a lie
      if (monotonic() + pauseMs >= giveUpAt) throw unknown ? unavailable(error, PERHAPS_STORED) : error;
      await delay(pauseMs);
    }
  }
}

const PERHAPS_STORED =
  'The service lost its database while it stored the task, so it may be stored or not. Send the same request again later, with the same Idempotency-Key: it then makes no second task.';
