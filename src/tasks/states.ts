/** The life of a task, in the words of the table: the API shows them as `stage`. The database's CHECK holds the same words. */
export const TASK_STAGES = ['queued', 'running', 'canceling', 'completed', 'failed', 'error', 'canceled', 'expired'] as const;
export type TaskStage = (typeof TASK_STAGES)[number];

/**
 * Stages that never change again.
 * - `completed`: the agent returned a result.
 * - `failed`: the agent says it cannot be done.
 * - `error`: our fault: a bug, a time-out, the runs are spent.
 * - `canceled`: the caller asked, and no result was committed before.
 * - `expired`: not started before its queue deadline.
 */
export const TERMINAL_STAGES = ['completed', 'failed', 'error', 'canceled', 'expired'] as const satisfies readonly TaskStage[];
export type TerminalStage = (typeof TERMINAL_STAGES)[number];

/** What the API and the webhook call `status`: `processing` until the task is terminal. */
export type TaskStatus = 'processing' | TerminalStage;

/** The event that ends a task, and the webhook's `type`. */
export type TerminalEventType = `task.${TerminalStage}`;
export const TERMINAL_EVENT_TYPES: readonly TerminalEventType[] = TERMINAL_STAGES.map(terminalEventType);

/**
 * Who moves a task.
 * - `claim`: a worker takes it under a fresh run token.
 * - `end`: `execution/end-task.ts`, the one function that makes a task terminal, for worker, cancel, expiry and reconciler.
 * - `retry`: a charged run failed and another is due.
 * - `interrupt`: a deploy or a crash cut the run short; charged to nobody.
 * - `cancel`: the caller asks a running task to stop.
 */
export type TaskMover = 'claim' | 'end' | 'retry' | 'interrupt' | 'cancel';

/** Every allowed move, and who makes it. What is not listed is a bug. */
export const TASK_MOVES: Record<TaskStage, Partial<Record<TaskStage, readonly TaskMover[]>>> = {
  queued: { running: ['claim'], canceled: ['end'], expired: ['end'] },
  running: { completed: ['end'], failed: ['end'], error: ['end'], queued: ['retry', 'interrupt'], canceling: ['cancel'] },
  // A result that is committed before the cancel takes hold wins.
  canceling: { canceled: ['end'], completed: ['end'], failed: ['end'] },
  completed: {},
  failed: {},
  error: {},
  canceled: {},
  expired: {},
};

export function isTerminal(stage: TaskStage): stage is TerminalStage {
  return (TERMINAL_STAGES as readonly TaskStage[]).includes(stage);
}

export function publicStatus(stage: TaskStage): TaskStatus {
  return isTerminal(stage) ? stage : 'processing';
}

export function terminalEventType(stage: TerminalStage): TerminalEventType {
  return `task.${stage}`;
}
