import { type Download, type Json, type LanguageModel, LOG_LEVELS, type LogLevel, type RunContext, TaskFailed } from '../agents/agent.js';
import type { Clock } from '../platform/clock.js';
import { isDatabaseTrouble } from '../platform/database/database-trouble.js';
import type { Sql } from '../platform/database/sql.js';
import { type DocumentDownloader } from '../platform/egress/document-downloader.js';
import { DownloadError } from '../platform/egress/download.js';
import type { WakeUps } from '../platform/lifecycle/wake-ups.js';
import type { Logger } from '../platform/logging/logger.js';
import type { Tracer } from '../platform/tracing/tracer.js';
import type { ClaimedRun } from './claim-run.js';
import { LatestOnly } from './latest-only.js';
import { type Report, recordEvent } from './record-event.js';
import { RunSteps } from './run-steps.js';
import { RunLost } from './run-stop.js';
import { throughOutages } from './through-outages.js';

/** At most four reports of progress a second are stored. */
const PROGRESS_EVERY_MS = 250;

export interface RunContextParts {
  database: Sql;
  wakeUps: WakeUps;
  clock: Clock;
  logger: Logger;
  downloader: DocumentDownloader;
  model: LanguageModel | null;
  tracer: Tracer;
  /** Of the run: its steps belong to it. */
  traceparent: string | null;
  /** Stops the run: called with `RunLost` when a write finds that it no longer owns its task. */
  controller: AbortController;
}

/** What the agent gets. Each write carries the run's token; one that changes nothing ends the run. */
export function createRunContext(run: ClaimedRun, parts: RunContextParts): { context: RunContext; flush(): Promise<void> } {
  const { database, wakeUps, downloader, model, controller } = parts;
  const { signal } = controller;
  const reports = new LatestOnly<Report>(record, PROGRESS_EVERY_MS);
  const steps = new RunSteps(run, {
    database,
    insist: (statement) => throughOutages(parts, statement),
    monotonic: () => parts.clock.monotonic(),
  });

  async function record(report: Report): Promise<void> {
    if (await stillOurs(report)) wakeUps.ring('task-events', [run.taskId]);
    else lose();
  }

  /** A report that the database cannot take right now is dropped: an outage must not cost the agent its run. The end of the run is fenced as well. */
  async function stillOurs(report: Report): Promise<boolean> {
    try {
      return await recordEvent(database, run, report);
    } catch (error) {
      if (isDatabaseTrouble(error)) return true;
      throw error;
    }
  }

  function lose(): never {
    controller.abort(new RunLost());
    throw signal.reason;
  }

  async function log(first: string, second?: Json, third?: Json): Promise<void> {
    signal.throwIfAborted();
    const leveled = isLevel(first) && typeof second === 'string';
    const [level, message, data] = leveled ? ([first, second, third] as const) : (['info', first, second] as const);
    await record({ type: 'task.log', level, message, data: data ?? null });
  }

  /** A step that an earlier run has finished is not done, and leaves no span. */
  async function traced<T>(name: string, fn: () => T | Promise<T>): Promise<T> {
    const attributes = { 'postback.task_id': run.taskId };
    const span = parts.tracer.begin({ name: `step ${name}`, parent: parts.traceparent, kind: 'internal', attributes });
    try {
      const result = await fn();
      span.end({}, null);
      return result;
    } catch (error) {
      span.end({}, error instanceof TaskFailed ? error.code : 'exception');
      throw error;
    }
  }

  const endsAt = parts.clock.monotonic() + run.timeoutMs;
  const context: RunContext = {
    taskId: run.taskId,
    tenant: run.tenant,
    run: run.runs + 1,
    interruptions: run.interruptions,
    signal,
    timeLeft: () => Math.max(0, endsAt - parts.clock.monotonic()),
    model,
    async progress(fraction: number, message?: string, data?: Json): Promise<void> {
      signal.throwIfAborted();
      const share = Math.min(1, Math.max(0, fraction || 0));
      await reports.put({ type: 'task.progress', fraction: share, message: message ?? null, data: data ?? null });
    },
    log,
    async step<T>(name: string, fn: () => T | Promise<T>): Promise<T> {
      signal.throwIfAborted();
      try {
        return await steps.take(name, () => traced(name, fn), signal);
      } catch (error) {
        throw error instanceof RunLost ? lose() : error;
      } finally {
        wakeUps.ring('task-events', [run.taskId]);
      }
    },
    async download(url: string): Promise<Download> {
      try {
        return await downloader.download(url, { signal });
      } catch (error) {
        throw error instanceof DownloadError ? new TaskFailed(error.code, error.message, { cause: error }) : error;
      }
    },
  };
  return { context, flush: () => reports.flush().catch(() => {}) };
}

const isLevel = (word: string): word is LogLevel => (LOG_LEVELS as readonly string[]).includes(word);
