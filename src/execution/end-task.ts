import type { Database } from '../platform/database/database.js';
import { MARK, MARKED, type Tx } from '../platform/database/sql.js';
import { newId } from '../platform/ids.js';
import { jsonText } from '../platform/json-text.js';
import { failPoint } from '../platform/lifecycle/fail-point.js';
import type { WakeUps } from '../platform/lifecycle/wake-ups.js';
import type { JobRef, Queue } from '../platform/queue/queue.js';
import { type TerminalStage, terminalEventType } from '../tasks/states.js';
import { type EventToSend, type OutboxPolicy, writeOutbox } from '../webhooks/outbox/write-outbox.js';
import type { TaskMetrics } from './task-metrics.js';

/** Why and how one task becomes terminal. */
export interface TaskEnd {
  taskId: string;
  /** The run that ends it; null for a task that is queued. It is the fence: another run's, or none, and nothing is written. */
  runToken: string | null;
  stage: TerminalStage;
  /** JSON text; null unless completed */
  result: string | null;
  /** Null when completed. */
  error: { code: string; message: string } | null;
  /** Whether the run counts against the agent. */
  charged: boolean;
  /** The wake-up that is used up by it. */
  job: JobRef | null;
}

/** Writes what belongs to a change, in the transaction of the change. */
export type AlsoWrite = (tx: Tx) => Promise<void>;

export interface EndTaskParts {
  database: Database;
  queue: Queue;
  wakeUps: WakeUps;
  /** What webhooks carry, and how often they are tried. */
  outbox: OutboxPolicy;
  metrics: TaskMetrics;
}

/**
 * The one function that makes tasks terminal. Result, event, outbox rows and the end of the job are one commit; worker, cancel,
 * expiry and reconciler all come here. Returns the ids of the tasks that were ended: one that is missing had been ended,
 * put back or taken over by somebody else, and nothing was written for it.
 *
 * @param also what is to stand in the same commit, if there is anything to commit
 */
export async function endTasks(parts: EndTaskParts, ends: readonly TaskEnd[], also?: AlsoWrite): Promise<Set<string>> {
  let due: string[] = [];
  const ended = await parts.database.pipelined(async (tx) => {
    const rows = await updateTasks(tx, ends);
    if (rows.length === 0) return rows;
    const byTask = new Map(ends.map((end) => [end.taskId, end]));
    const events = rows.map((row) => toEvent(row, byTask.get(row.id)!));
    // issued together: none needs the answer of another
    [, due] = await Promise.all([
      insertEvents(tx, events),
      writeOutbox(tx, events, parts.outbox),
      completeJobs(tx, parts.queue, rows, byTask),
    ]);
    await also?.(tx);
    failPoint('end.before-commit');
    return rows;
  });
  failPoint('end.after-commit');
  const ids = new Set(ended.map(({ id }) => id));
  for (const { type, status } of ended) parts.metrics.countEnd(type, status);
  if (ids.size > 0) {
    parts.wakeUps.ring('task-events', [...ids]);
    if (due.length > 0) parts.wakeUps.ring('delivery-due', due);
  }
  return ids;
}

interface EndedRow {
  id: string;
  tenant: string;
  type: string;
  status: TerminalStage;
  result: string | null;
  error: string | null;
  metadata: string | null;
  last_seq: number;
  finished_at: Date;
  webhook_endpoint_ids: string[];
  webhook_url: string | null;
  webhook_secret_id: string | null;
  webhook_events: string[] | null;
  traceparent: string | null;
}

async function updateTasks(tx: Tx, ends: readonly TaskEnd[]): Promise<EndedRow[]> {
  const marking = tx.query(MARK);
  const updating = tx.query<EndedRow>(
    {
      name: 'execution.end-tasks',
      text: `UPDATE postback.tasks t
        SET status = n.status, result = n.result, error = n.error::json, runs = t.runs + n.charged::int,
            run_token = NULL, run_deadline_at = NULL, last_seq = t.last_seq + 1, finished_at = now()
       FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::boolean[]) AS n (id, run_token, status, result, error, charged)
      WHERE t.id = n.id
        -- no end without its event and outbox rows
        AND ${MARKED}
        -- the fence: a run ends its own task only, everybody else only what no run owns
        AND CASE WHEN n.run_token IS NULL THEN t.status = 'queued' ELSE t.run_token = n.run_token END
        -- a task whose cancel is committed ends as canceled, or with what the agent found out before it heard of it
        AND (t.status <> 'canceling' OR n.status IN ('canceled', 'completed', 'failed'))
     RETURNING t.id, t.tenant, t.type, t.status, t.result, t.error::text AS error, t.metadata::text AS metadata, t.last_seq, t.finished_at,
               t.webhook_endpoint_ids, t.webhook_url, t.webhook_secret_id, t.webhook_events, t.traceparent`,
    },
    [
      ends.map((e) => e.taskId),
      ends.map((e) => e.runToken),
      ends.map((e) => e.stage),
      ends.map((e) => e.result),
      ends.map((e) => (e.error === null ? null : jsonText(e.error))),
      ends.map((e) => e.charged),
    ],
  );
  const [, { rows }] = await Promise.all([marking, updating]);
  return rows;
}

function toEvent(row: EndedRow, end: TaskEnd): EventToSend {
  return {
    eventId: newId(),
    eventType: terminalEventType(end.stage),
    taskId: row.id,
    taskType: row.type,
    tenant: row.tenant,
    status: row.status,
    result: row.result,
    error: row.error,
    metadata: row.metadata,
    seq: row.last_seq,
    committedAt: row.finished_at,
    traceparent: row.traceparent,
    ...audienceOf(row, terminalEventType(end.stage)),
  };
}

/** The ad-hoc endpoint, which has its URL and secret from the submit, stands before the registered ones. */
function audienceOf(row: EndedRow, eventType: string): Pick<EventToSend, 'adHoc' | 'endpointIds'> {
  const { webhook_url: url, webhook_secret_id: secretId, webhook_events: wanted, webhook_endpoint_ids: ids } = row;
  if (wanted !== null && !wanted.includes(eventType)) return { adHoc: null, endpointIds: [] };
  if (url === null || secretId === null) return { adHoc: null, endpointIds: ids };
  const [endpointId, ...endpointIds] = ids;
  return { adHoc: endpointId === undefined ? null : { endpointId, url, secretId }, endpointIds };
}

async function insertEvents(tx: Tx, events: readonly EventToSend[]): Promise<void> {
  await tx.query(
    {
      name: 'execution.insert-events',
      text: `INSERT INTO postback.task_events (id, task_id, seq, type, data, created_at)
     SELECT id, task_id, seq, type, data::json, created_at
       FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::text[], $6::timestamptz[]) AS n (id, task_id, seq, type, data, created_at)`,
    },
    [
      events.map((e) => e.eventId),
      events.map((e) => e.taskId),
      events.map((e) => e.seq),
      events.map((e) => e.eventType),
      events.map((e) => (e.error === null ? null : `{"error":${e.error}}`)),
      events.map((e) => e.committedAt),
    ],
  );
}

/** pg-boss may have lost the job already; that changes nothing, since only `tasks` decides what is done. */
async function completeJobs(tx: Tx, queue: Queue, rows: readonly EndedRow[], ends: ReadonlyMap<string, TaskEnd>): Promise<void> {
  for (const [type, ended] of Map.groupBy(rows, (row) => row.type)) {
    const done = ended.map((row) => ends.get(row.id)!.job).filter((job) => job !== null);
    if (done.length > 0) await queue.complete(tx, type, done);
  }
}
