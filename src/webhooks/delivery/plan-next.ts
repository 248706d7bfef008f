import type { DeadReason } from '../outbox/states.js';
import type { Verdict } from './outcome.js';
import { maxRetryAfterMs, parseRetryAfter } from './retry-after.js';
import { backoffUnchargedMs, type RetryPolicy, retryDelayMs } from './retry-schedule.js';

/** What the decision needs to know of an outbox row, as it was before this attempt ended. */
export interface RowBefore {
  /** Attempts charged so far, since the last redelivery. */
  attemptsCharged: number;
  /** Charged attempts at which the row is exhausted. */
  maxAttempts: number;
  /** Uncharged attempts right before this one; 0 when left out. */
  unchargedInRow?: number;
  /** The row was delivered once and was asked for again. */
  everDelivered: boolean;
}

/** What is passed in so that the decision stays pure. */
export interface Moment {
  /** Only read against dates in `Retry-After`. */
  nowMs: number;
  /** Chance, from 0 up to but not including 1. */
  random: number;
  /** The longest wait a receiver can ask for; a day when left out. */
  maxRetryAfterMs?: number;
}

/**
 * The row's next state. `delayMs` counts from the end of the attempt: the database's clock adds it.
 * `insteadOf` is null for a real delivery, else the reason for which a redelivery of an already delivered row was given up.
 */
export type NextState =
  | { status: 'delivered'; attemptsCharged: number; insteadOf: DeadReason | null }
  | { status: 'pending'; attemptsCharged: number; delayMs: number }
  | { status: 'dead'; attemptsCharged: number; reason: DeadReason };

export function planNext(verdict: Verdict, row: RowBefore, policy: RetryPolicy, moment: Moment): NextState {
  const attemptsCharged = row.attemptsCharged + (verdict.charged ? 1 : 0);
  switch (verdict.next) {
    case 'delivered':
      return { status: 'delivered', attemptsCharged, insteadOf: null };
    case 'dead':
      return end(row, attemptsCharged, verdict.deadReason);
    case 'retry':
      if (verdict.charged && attemptsCharged >= row.maxAttempts) return end(row, attemptsCharged, 'exhausted');
      return { status: 'pending', attemptsCharged, delayMs: delayMs(verdict, row, policy, moment) };
    default:
      return refuse(verdict);
  }
}

/** A row that arrived once has not failed because sending it again did. */
function end(row: RowBefore, attemptsCharged: number, reason: DeadReason): NextState {
  if (row.everDelivered) return { status: 'delivered', attemptsCharged, insteadOf: reason };
  return { status: 'dead', attemptsCharged, reason };
}

function delayMs(verdict: Verdict, row: RowBefore, policy: RetryPolicy, moment: Moment): number {
  // Given back unharmed: the next dispatcher may take it at once.
  if (verdict.outcome === 'released') return 0;
  // The receiver said what it cannot take; the other body has nothing to wait for.
  if (verdict.resendThin) return 0;
  if (!verdict.charged) return backoffUnchargedMs((row.unchargedInRow ?? 0) + 1, moment.random);
  const scheduled = retryDelayMs(policy, row.attemptsCharged + 1, moment.random);
  return Math.max(scheduled, askedFor(verdict, moment));
}

function askedFor(verdict: Verdict, { nowMs, maxRetryAfterMs: maxMs = maxRetryAfterMs }: Moment): number {
  return parseRetryAfter(verdict.retryAfter, nowMs, maxMs) ?? 0;
}

function refuse(verdict: never): never {
  throw new TypeError(`A verdict cannot be ${JSON.stringify(verdict)}.`);
}
