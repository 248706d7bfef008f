import { type RetryPolicy, retryDelayMs } from './retry-schedule.js';

/** A try that will be made unless an earlier one arrives. */
export interface PlannedTry {
  /** Which of the charged attempts it would be: at `max_attempts` the row is exhausted. */
  attempt_charged: number;
  not_before: Date;
}

/** A row that is on its schedule. */
export interface RowOnSchedule {
  attemptsCharged: number;
  maxAttempts: number;
  /** When the next try is due; null: it is under way. */
  nextAttemptAt: Date | null;
}

/**
 * The tries ahead, as if each failed at once and were the receiver's fault. Chance, a slow receiver, `Retry-After`, limits and a blocked endpoint can only
 * make them later.
 */
export function scheduleAhead(row: RowOnSchedule, policy: RetryPolicy, nowMs: number): PlannedTry[] {
  const tries: PlannedTry[] = [];
  let at = row.nextAttemptAt?.getTime() ?? nowMs;
  for (let n = row.attemptsCharged + 1; n <= row.maxAttempts; n += 1) {
    if (n > row.attemptsCharged + 1) at += retryDelayMs(policy, n - 1, 0);
    else if (row.nextAttemptAt === null) continue;
    tries.push({ attempt_charged: n, not_before: new Date(at) });
  }
  return tries;
}
