import type { Json, LogLevel } from '../agents/agent.js';
import type { Sql } from '../platform/database/sql.js';
import { newId } from '../platform/ids.js';
import { jsonText } from '../platform/json-text.js';
import type { ClaimedRun } from './claim-run.js';

/** Of one task. Progress is shown beyond it, and no longer told as an event; an end is always told. */
const MAX_EVENTS = 10_000;
const MAX_MESSAGE = 2_000;
const MAX_DATA_BYTES = 16_384;

export type Report =
  | { type: 'task.progress'; fraction: number; message: string | null; data: Json }
  | { type: 'task.log'; level: LogLevel; message: string; data: Json };

/** What an agent reports, as an event of its task, and progress on the task as well. False when the run no longer owns its task. */
export async function recordEvent(sql: Sql, run: Pick<ClaimedRun, 'taskId' | 'runToken'>, { type, ...report }: Report): Promise<boolean> {
  const data = jsonText({ ...report, message: report.message?.slice(0, MAX_MESSAGE) ?? null, ...bounded(report.data) });
  const { count } = await sql.query(RECORD, [
    run.taskId,
    run.runToken,
    newId(),
    type,
    data,
    type === 'task.progress' ? data : null,
    MAX_EVENTS,
    LAST_WORD,
  ]);
  return count > 0;
}

const LAST_WORD = jsonText({
  level: 'warn',
  message: `This task has reported ${MAX_EVENTS} events. Further progress is shown, but no longer kept here, and neither are log lines.`,
  data: null,
});

function bounded(data: Json): { data: Json; omitted_bytes?: number } {
  const bytes = Buffer.byteLength(jsonText(data));
  return bytes <= MAX_DATA_BYTES ? { data } : { data: null, omitted_bytes: bytes };
}

const RECORD = `
  WITH task AS (
    UPDATE postback.tasks SET last_seq = last_seq + (last_seq < $7)::int, progress = coalesce($6::json, progress)
     WHERE id = $1 AND run_token = $2
    RETURNING id, last_seq
  ), event AS (
    INSERT INTO postback.task_events (id, task_id, seq, type, data)
    SELECT $3, id, last_seq, CASE WHEN last_seq = $7 THEN 'task.log' ELSE $4 END, CASE WHEN last_seq = $7 THEN $8::json ELSE $5::json END
      FROM task
    -- the number was not moved on: the last event stands
    ON CONFLICT ON CONSTRAINT task_events_in_order DO NOTHING
  )
  SELECT FROM task`;
