import { type RunPolicy, StepError, TaskFailed } from '../agents/agent.js';
import type { TerminalStage } from '../tasks/states.js';
import { RunCanceled, RunLost, RunShutdown, RunTimedOut } from './run-stop.js';

/** How a run ended, as seen from outside the agent. `result` is JSON text. */
export type RunOutcome = { kind: 'returned'; result: string } | { kind: 'threw'; error: unknown };

/** What that means for the task. */
export type RunDecision =
  | { kind: 'end'; stage: TerminalStage; result: string | null; error: { code: string; message: string } | null; charged: boolean }
  | { kind: 'put-back'; why: 'retry' | 'shutdown' | 'crash'; delayMs: number; reason: string }
  /** The task is somebody else's by now. */
  | { kind: 'drop' };

/** Runs in a row whose process vanished, before the task itself is taken for the cause. Orderly shutdowns prove nothing. */
export const MAX_CRASHES_IN_ROW = 5;

/** Why a task ended that was canceled, whoever wrote it down. */
export const CANCELED = { code: 'canceled', message: 'The task was canceled.' } as const;

/** @param run charged runs before this one */
export function decideRun(outcome: RunOutcome, run: { runs: number }, policy: RunPolicy): RunDecision {
  if (outcome.kind === 'returned') return { kind: 'end', stage: 'completed', result: outcome.result, error: null, charged: true };
  const { error } = outcome;
  if (error instanceof TaskFailed) return ended('failed', error.code, error.message);
  if (error instanceof RunLost) return { kind: 'drop' };
  if (error instanceof RunShutdown)
    return { kind: 'put-back', why: 'shutdown', delayMs: 0, reason: 'The process that ran it was shut down.' };
  if (error instanceof RunCanceled) return ended('canceled', CANCELED.code, CANCELED.message);
  if (error instanceof RunTimedOut) return ended('error', 'timed_out', error.message);
  if (error instanceof StepError) return ended('error', 'invalid_step', error.message);
  const failed = run.runs + 1;
  if (!worthAnother(error, policy)) return ended('error', 'agent_error', 'The agent failed in a way that another run would not change.');
  if (failed >= policy.maxRuns) return ended('error', 'agent_error', `The agent failed unexpectedly in each of ${failed} runs.`);
  return {
    kind: 'put-back',
    why: 'retry',
    delayMs: Math.min(policy.maxBackoffMs, policy.backoffMs * 2 ** run.runs),
    reason: `Run ${failed} of ${policy.maxRuns} failed unexpectedly.`,
  };
}

/** An agent that cannot even say so is a bug like any other, and gets its runs. */
function worthAnother(error: unknown, policy: RunPolicy): boolean {
  try {
    return policy.retryOn(error);
  } catch {
    return true;
  }
}

/** What becomes of a run whose process is gone. @param crashesInRow before this one */
export function decideCrash(crashesInRow: number): RunDecision {
  if (crashesInRow + 1 >= MAX_CRASHES_IN_ROW) {
    return { ...ended('error', 'crashed_too_often', `The process ended in each of ${crashesInRow + 1} runs in a row.`), charged: false };
  }
  return { kind: 'put-back', why: 'crash', delayMs: 0, reason: 'The process that ran it vanished.' };
}

function ended(stage: TerminalStage, code: string, message: string): Extract<RunDecision, { kind: 'end' }> {
  return { kind: 'end', stage, result: null, error: { code, message }, charged: stage !== 'canceled' };
}
