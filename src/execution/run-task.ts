import { setTimeout as delay } from 'node:timers/promises';
import { type AnyAgent, type LanguageModel, TaskFailed } from '../agents/agent.js';
import { runPolicy } from '../agents/registry.js';
import type { Clock } from '../platform/clock.js';
import type { DocumentDownloader } from '../platform/egress/document-downloader.js';
import { isDatabaseTrouble } from '../platform/http/database-trouble.js';
import { newId } from '../platform/ids.js';
import { jsonText } from '../platform/json-text.js';
import { failPoint } from '../platform/lifecycle/fail-point.js';
import type { Logger } from '../platform/logging/logger.js';
import type { FetchedJob } from '../platform/queue/queue.js';
import { type ClaimedRun, claimRun } from './claim-run.js';
import { decideRun, type RunDecision, type RunOutcome } from './decide-run.js';
import { type EndTaskParts, endTasks } from './end-task.js';
import { putBack } from './put-back.js';
import { createRunContext } from './run-context.js';
import { RunLost, RunTimedOut } from './run-stop.js';

export interface RunTaskParts extends EndTaskParts {
  downloader: DocumentDownloader;
  model: LanguageModel | null;
  clock: Clock;
  logger: Logger;
  workerId: string;
}

/** One job from claim to commit. Resolves when the run is over, whatever became of it; never rejects for what an agent did. */
export async function runTask(parts: RunTaskParts, agent: AnyAgent, job: FetchedJob, controller: AbortController): Promise<void> {
  const runToken = newId();
  const run = await throughOutages(parts, () => claimRun(parts.database, job.data.task_id, runToken, parts.workerId));
  if (run === null) return throughOutages(parts, () => parts.queue.complete(parts.database, agent.type, job));
  failPoint('run.after-claim');
  const startedAt = parts.clock.monotonic();
  const outcome = await runAgent(parts, agent, run, controller);
  failPoint('run.before-end');
  const decision = decideRun(outcome, run, runPolicy(agent));
  const kept =
    decision.kind !== 'drop' &&
    ((await throughOutages(parts, () => commit(parts, agent, run, job, decision))) ||
      (await throughOutages(parts, () => commitCancel(parts, run, job))));
  logRun(parts, agent, run, decision, outcome, kept, parts.clock.monotonic() - startedAt);
}

/** The agent's end, or the order to stop, whichever comes first: an agent that ignores its signal is left behind, and its fence with it. */
async function runAgent(parts: RunTaskParts, agent: AnyAgent, run: ClaimedRun, controller: AbortController): Promise<RunOutcome> {
  const deadline = AbortSignal.timeout(run.timeoutMs);
  const onDeadline = () => controller.abort(new RunTimedOut(run.timeoutMs));
  deadline.addEventListener('abort', onDeadline, { once: true });
  try {
    const input = Object.assign(new agent.input(), run.input);
    const work = agent.run(input, createRunContext(run, { ...parts, controller }));
    return { kind: 'returned', result: jsonText(await Promise.race([work, stopped(controller.signal)])) };
  } catch (error) {
    return { kind: 'threw', error: controller.signal.aborted ? controller.signal.reason : error };
  } finally {
    deadline.removeEventListener('abort', onDeadline);
  }
}

function stopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** Writes the decision; false when the run had lost its task, so that nothing was written. */
async function commit(
  parts: RunTaskParts,
  agent: AnyAgent,
  run: ClaimedRun,
  job: FetchedJob,
  decision: Exclude<RunDecision, { kind: 'drop' }>,
): Promise<boolean> {
  const { taskId, runToken } = run;
  if (decision.kind === 'put-back') {
    return putBack(parts, {
      taskId,
      taskType: agent.type,
      runToken,
      job,
      why: decision.why,
      delayMs: decision.delayMs,
      reason: decision.reason,
    });
  }
  const { stage, result, error, charged } = decision;
  return (await endTasks(parts, [{ taskId, runToken, stage, result, error, charged, job }])).has(taskId);
}

/**
 * A decision that was not written may have met a cancel that this run had not heard of: no retry then, and no error of ours.
 * Were the task somebody else's, the token would keep this from writing anything, too.
 */
async function commitCancel(parts: RunTaskParts, { taskId, runToken }: ClaimedRun, job: FetchedJob): Promise<boolean> {
  const error = { code: 'canceled', message: 'The task was canceled.' };
  return (await endTasks(parts, [{ taskId, runToken, stage: 'canceled', result: null, error, charged: false, job }])).has(taskId);
}

const OUTAGE_PATIENCE_MS = 10 * 60_000;

/**
 * A result is not thrown away because Postgres restarts while it is written. Repeating after an unknown COMMIT is safe:
 * the fence was lifted by the commit that did arrive, and the second one writes nothing.
 */
async function throughOutages<T>(parts: RunTaskParts, write: () => Promise<T>): Promise<T> {
  const giveUpAt = parts.clock.monotonic() + OUTAGE_PATIENCE_MS;
  for (let waitMs = 100; ; waitMs = Math.min(5_000, waitMs * 2)) {
    try {
      return await write();
    } catch (error) {
      if (!isDatabaseTrouble(error) || parts.clock.monotonic() > giveUpAt) throw error;
      parts.logger.warn(
        { event: 'task.end_delayed', err: error },
        'The database is away; what became of a run is written as soon as it is back',
      );
      await delay(waitMs);
    }
  }
}

function logRun(
  parts: RunTaskParts,
  agent: AnyAgent,
  run: ClaimedRun,
  decision: RunDecision,
  outcome: RunOutcome,
  kept: boolean,
  durationMs: number,
) {
  const error = outcome.kind === 'threw' ? outcome.error : null;
  const unexpected = error instanceof Error && !(error instanceof TaskFailed || error instanceof RunLost) && decision.kind !== 'drop';
  parts.logger[unexpected ? 'warn' : 'info'](
    {
      event: 'task.run',
      task_id: run.taskId,
      tenant: run.tenant,
      type: agent.type,
      run: run.runs + 1,
      interruptions: run.interruptions,
      decision: decision.kind === 'end' ? decision.stage : decision.kind,
      code: decision.kind === 'end' ? (decision.error?.code ?? null) : null,
      committed: kept,
      duration_ms: Math.round(durationMs),
      ...(unexpected && { err: error }),
    },
    'task.run',
  );
}
