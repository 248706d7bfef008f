import { type AnyAgent, type LanguageModel, TaskFailed } from '../agents/agent.js';
import { runPolicy } from '../agents/registry.js';
import type { Clock } from '../platform/clock.js';
import type { DocumentDownloader } from '../platform/egress/document-downloader.js';
import { jsonText } from '../platform/json-text.js';
import { failPoint } from '../platform/lifecycle/fail-point.js';
import type { Logger } from '../platform/logging/logger.js';
import type { JobRef } from '../platform/queue/queue.js';
import { traceId } from '../platform/tracing/traceparent.js';
import type { Tracer } from '../platform/tracing/tracer.js';
import type { ClaimedRun } from './claim-run.js';
import { CANCELED, decideRun, type RunDecision, type RunOutcome } from './decide-run.js';
import type { EndLine } from './end-line.js';
import type { EndTaskParts } from './end-task.js';
import { putBack } from './put-back.js';
import { createRunContext } from './run-context.js';
import { RunCanceled, RunLost, RunTimedOut } from './run-stop.js';
import { throughOutages } from './through-outages.js';

export interface RunTaskParts extends EndTaskParts {
  endLine: EndLine;
  downloader: DocumentDownloader;
  model: LanguageModel | null;
  clock: Clock;
  logger: Logger;
  tracer: Tracer;
  /** Time for an agent to stop after a cancel, in ms. */
  cancelGraceMs: number;
}

/** One run from its claim to its commit. Resolves when it is over, whatever became of it; never rejects for what an agent did. */
export async function runTask(
  parts: RunTaskParts,
  agent: AnyAgent,
  run: ClaimedRun,
  job: JobRef,
  controller: AbortController,
): Promise<void> {
  failPoint('run.after-claim');
  parts.wakeUps.ring('task-events', [run.taskId]);
  const startedAt = parts.clock.monotonic();
  const span = parts.tracer.begin({
    name: `run ${agent.type}`,
    parent: run.traceparent,
    kind: 'consumer',
    attributes: { 'postback.task_id': run.taskId, 'postback.run': run.runs + 1, 'postback.interruptions': run.interruptions },
  });
  const outcome = await runAgent({ ...parts, traceparent: span.traceparent }, agent, run, controller);
  failPoint('run.before-end');
  const decision = decideRun(outcome, run, runPolicy(agent));
  const kept =
    decision.kind !== 'drop' &&
    ((await throughOutages(parts, () => commit(parts, agent, run, job, decision))) ||
      (await throughOutages(parts, () => commitCancel(parts, run, job))));
  span.end({ 'postback.decision': wordOf(decision), 'postback.committed': kept }, codeOf(decision));
  const durationMs = parts.clock.monotonic() - startedAt;
  parts.metrics.observeRun(agent.type, decision, durationMs);
  logRun(parts, agent, run, decision, outcome, kept, durationMs);
}

/**
 * The agent's end, or the order to stop, whichever comes first: an agent that ignores its signal is left behind, and its fence with it.
 * After a cancel it has some time to stop by itself, or to return what it has; the task ends after that in any case.
 */
async function runAgent(
  parts: RunTaskParts & { traceparent: string | null },
  agent: AnyAgent,
  run: ClaimedRun,
  controller: AbortController,
): Promise<RunOutcome> {
  const deadline = AbortSignal.timeout(run.timeoutMs);
  const onDeadline = () => controller.abort(new RunTimedOut(run.timeoutMs));
  deadline.addEventListener('abort', onDeadline, { once: true });
  const { context, flush } = createRunContext(run, { ...parts, controller });
  try {
    const input = Object.assign(new agent.input(), run.input);
    const work = agent.run(input, context);
    return { kind: 'returned', result: jsonText(await Promise.race([work, stopped(controller.signal, parts.cancelGraceMs)])) };
  } catch (error) {
    return { kind: 'threw', error: controller.signal.aborted ? controller.signal.reason : error };
  } finally {
    deadline.removeEventListener('abort', onDeadline);
    await flush();
  }
}

function stopped(signal: AbortSignal, cancelGraceMs: number): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => {
      if (signal.reason instanceof RunCanceled) setTimeout(reject, cancelGraceMs, signal.reason).unref();
      else reject(signal.reason);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

/** Writes the decision; false when the run had lost its task, so that nothing was written. */
async function commit(
  parts: RunTaskParts,
  agent: AnyAgent,
  run: ClaimedRun,
  job: JobRef,
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
  return parts.endLine.end({ taskId, runToken, stage, result, error, charged, job });
}

/**
 * A decision that was not written may have met a cancel that this run had not heard of: no retry then, and no error of ours.
 * Were the task somebody else's, the token would keep this from writing anything, too.
 */
function commitCancel({ endLine }: RunTaskParts, { taskId, runToken }: ClaimedRun, job: JobRef): Promise<boolean> {
  return endLine.end({ taskId, runToken, stage: 'canceled', result: null, error: CANCELED, charged: false, job });
}

const wordOf = (decision: RunDecision): string => (decision.kind === 'end' ? decision.stage : decision.kind);

const codeOf = (decision: RunDecision): string | null => (decision.kind === 'end' ? (decision.error?.code ?? null) : null);

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
      decision: wordOf(decision),
      code: codeOf(decision),
      committed: kept,
      duration_ms: Math.round(durationMs),
      trace_id: traceId(run.traceparent),
      ...(unexpected && { err: error }),
    },
    'task.run',
  );
}
