import { type Download, type Json, type LanguageModel, type RunContext, TaskFailed } from '../agents/agent.js';
import type { Sql } from '../platform/database/sql.js';
import { type DocumentDownloader } from '../platform/egress/document-downloader.js';
import { DownloadError } from '../platform/egress/download.js';
import { isDatabaseTrouble } from '../platform/http/database-trouble.js';
import { newId } from '../platform/ids.js';
import { jsonText } from '../platform/json-text.js';
import type { ClaimedRun } from './claim-run.js';
import { RunLost } from './run-stop.js';

export interface RunContextParts {
  database: Sql;
  downloader: DocumentDownloader;
  model: LanguageModel | null;
  /** Stops the run: called with `RunLost` when a write finds that it no longer owns its task. */
  controller: AbortController;
}

/** What the agent gets. Each write carries the run's token; one that changes nothing ends the run. */
export function createRunContext(run: ClaimedRun, { database, downloader, model, controller }: RunContextParts): RunContext {
  const { signal } = controller;

  async function record(type: string, data: object, progress: object | null): Promise<void> {
    signal.throwIfAborted();
    const values = [run.taskId, run.runToken, newId(), type, jsonText(data), progress && jsonText(progress)];
    if (await stillOurs(values)) return;
    controller.abort(new RunLost());
    signal.throwIfAborted();
  }

  /** A report that the database cannot take right now is dropped: an outage must not cost the agent its run. The end of the run is fenced as well. */
  async function stillOurs(values: unknown[]): Promise<boolean> {
    try {
      return (await database.query(RECORD, values)).count > 0;
    } catch (error) {
      if (isDatabaseTrouble(error)) return true;
      throw error;
    }
  }

  return {
    taskId: run.taskId,
    tenant: run.tenant,
    run: run.runs + 1,
    interruptions: run.interruptions,
    signal,
    model,
    async progress(fraction: number, message?: string, data?: Json): Promise<void> {
      const report = { fraction: Math.min(1, Math.max(0, fraction || 0)), message: message ?? null, data: data ?? null };
      await record('task.progress', report, report);
    },
    async log(message: string, data?: Json): Promise<void> {
      await record('task.log', { message, data: data ?? null }, null);
    },
    async download(url: string): Promise<Download> {
      try {
        return await downloader.download(url, { signal });
      } catch (error) {
        throw error instanceof DownloadError ? new TaskFailed(error.code, error.message, { cause: error }) : error;
      }
    },
  };
}

const RECORD = `
  WITH task AS (
    UPDATE postback.tasks SET last_seq = last_seq + 1, progress = coalesce($6::json, progress)
     WHERE id = $1 AND run_token = $2
    RETURNING id, last_seq
  )
  INSERT INTO postback.task_events (id, task_id, seq, type, data)
  SELECT $3, id, last_seq, $4, $5::json FROM task
  RETURNING id`;
