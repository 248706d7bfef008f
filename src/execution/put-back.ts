import type { Database } from '../platform/database/database.js';
import { newId } from '../platform/ids.js';
import { jsonText } from '../platform/json-text.js';
import type { WakeUps } from '../platform/lifecycle/wake-ups.js';
import type { FetchedJob, Queue } from '../platform/queue/queue.js';

/** A run that ended without ending its task. */
export interface PutBack {
  taskId: string;
  taskType: string;
  /** The fence: a task whose run is another one by now is left alone. */
  runToken: string;
  /** `retry`: the run failed and is charged. `shutdown` or `crash` cut it short, and nobody pays. */
  why: 'retry' | 'shutdown' | 'crash';
  delayMs: number;
  /** Told in the task's events; free of secrets. */
  reason: string;
  job: FetchedJob | null;
}

/** Task back to queued with a fresh job, in one commit. False when the run had lost its task. */
export async function putBack(parts: { database: Database; queue: Queue; wakeUps: WakeUps }, back: PutBack): Promise<boolean> {
  const kept = await writePutBack(parts, back);
  if (kept) {
    parts.wakeUps.ring('task-events', [back.taskId]);
    if (back.delayMs === 0) parts.wakeUps.ring('task-queued');
  }
  return kept;
}

function writePutBack({ database, queue }: { database: Database; queue: Queue }, back: PutBack): Promise<boolean> {
  const jobId = newId();
  return database.transaction(async (tx) => {
    const { count } = await tx.query(
      `WITH task AS (
         UPDATE postback.tasks
            SET status = 'queued', run_token = NULL, run_deadline_at = NULL, job_id = $3, last_seq = last_seq + 1,
                runs = runs + ($4 = 'retry')::int, interruptions = interruptions + ($4 <> 'retry')::int,
                crashes_in_row = CASE $4 WHEN 'crash' THEN crashes_in_row + 1 ELSE 0 END,
                next_run_at = now() + $5 * interval '1 ms'
          WHERE id = $1 AND run_token = $2 AND status = 'running'
         RETURNING id, last_seq
       )
       INSERT INTO postback.task_events (id, task_id, seq, type, data)
       SELECT $6, id, last_seq, CASE $4 WHEN 'retry' THEN 'task.retrying' ELSE 'task.interrupted' END, $7::json FROM task
       RETURNING id`,
      [back.taskId, back.runToken, jobId, back.why, back.delayMs, newId(), jsonText({ reason: back.reason, delay_ms: back.delayMs })],
    );
    if (count === 0) return false;
    if (back.job !== null) await queue.complete(tx, back.taskType, back.job);
    await queue.send(tx, back.taskType, [{ id: jobId, taskId: back.taskId, startAfterMs: back.delayMs }]);
    return true;
  });
}
