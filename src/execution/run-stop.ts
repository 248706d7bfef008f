/** Why a run is stopped from outside; the reason of its `ctx.signal`. */
export type RunStop = RunLost | RunTimedOut | RunShutdown | RunCanceled;

/** The task belongs to somebody else by now; whatever this run still does is in vain. */
export class RunLost extends Error {
  override name = 'RunLost';
  constructor() {
    super('This run no longer owns its task.');
  }
}

export class RunTimedOut extends Error {
  override name = 'RunTimedOut';
  constructor(readonly timeoutMs: number) {
    super(`The run took longer than its ${timeoutMs / 1000} s.`);
  }
}

export class RunShutdown extends Error {
  override name = 'RunShutdown';
  constructor() {
    super('The process is shutting down.');
  }
}

export class RunCanceled extends Error {
  override name = 'RunCanceled';
  constructor() {
    super('The caller canceled the task.');
  }
}
