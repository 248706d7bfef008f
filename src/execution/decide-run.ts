import { type RunPolicy, TaskFailed } from '../agents/agent.js';
import type { TerminalStage } from '../tasks/states.js';
import { RunCanceled, RunLost, RunShutdown, RunTimedOut } from './run-stop.js';

/** How a run ended, as seen from outside the agent. `result` is JSON text. */
export type RunOutcome = { kind: 'returned'; result: string } | { kind: 'threw'; error: unknown };

/** What that means for the task. */
export type RunDecision =
  | { kind: 'end'; stage: TerminalStage; result: string | null; error: { code: string; message: string } | null; charged: boolean }
  | { kind: 'put-back'; why: 'retry' | 'interruption'; delayMs: number; reason: string }
  /** The task is somebody else's by now. */
  | { kind: 'drop' };

/** Runs of one task that a deploy or crash may cut short before the task itself is taken for the cause. */
export const MAX_INTERRUPTIONS = 10;

/** @param run charged runs and interruptions before this one */
export function decideRun(outcome: RunOutcome, run: { runs: number; interruptions: number }, policy: RunPolicy): RunDecision {
  if (outcome.kind === 'returned') return { kind: 'end', stage: 'completed', result: outcome.result, error: null, charged: true };
  const { error } = outcome;
  if (error instanceof TaskFailed) return ended('failed', error.code, error.message);
  if (error instanceof RunLost) return { kind: 'drop' };
  if (error instanceof RunShutdown) return interrupted(run.interruptions);
  if (error instanceof RunCanceled) return ended('canceled', 'canceled', 'The task was canceled.');
  if (error instanceof RunTimedOut) return ended('error', 'timed_out', error.message);
  const failed = run.runs + 1;
  if (failed >= policy.maxRuns) return ended('error', 'agent_error', `The agent failed unexpectedly in each of ${failed} runs.`);
  return {
    kind: 'put-back',
    why: 'retry',
    delayMs: policy.backoffMs * 2 ** run.runs,
    reason: `Run ${failed} of ${policy.maxRuns} failed unexpectedly.`,
  };
}

/** @param interruptions before this one */
export function interrupted(interruptions: number): RunDecision {
  if (interruptions + 1 >= MAX_INTERRUPTIONS) {
    return {
      ...ended('error', 'interrupted_too_often', `${interruptions + 1} runs were cut short by crashes or deploys.`),
      charged: false,
    };
  }
  return { kind: 'put-back', why: 'interruption', delayMs: 0, reason: 'The process that ran it stopped.' };
}

function ended(stage: TerminalStage, code: string, message: string): Extract<RunDecision, { kind: 'end' }> {
  return { kind: 'end', stage, result: null, error: { code, message }, charged: stage !== 'canceled' };
}
