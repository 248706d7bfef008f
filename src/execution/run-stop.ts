import type { StopCode } from '../agents/agent.js';

/** Why a run is stopped from outside; the reason of its `ctx.signal`. */
abstract class Stop extends Error {
  abstract readonly code: StopCode;
}

/** The task belongs to somebody else by now; whatever this run still does is in vain. */
export class RunLost extends Stop {
  override name = 'RunLost';
  readonly code = 'lost';
  constructor() {
    super('This run no longer owns its task.');
  }
}

export class RunTimedOut extends Stop {
  override name = 'RunTimedOut';
  readonly code = 'timed_out';
  constructor(readonly timeoutMs: number) {
    super(`The run took longer than its ${timeoutMs / 1000} s.`);
  }
}

export class RunShutdown extends Stop {
  override name = 'RunShutdown';
  readonly code = 'shutdown';
  constructor() {
    super('The process is shutting down.');
  }
}

export class RunCanceled extends Stop {
  override name = 'RunCanceled';
  readonly code = 'canceled';
  constructor() {
    super('The caller canceled the task.');
  }
}
