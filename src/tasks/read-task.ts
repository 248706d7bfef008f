import type { Json } from '../agents/agent.js';
import type { Sql } from '../platform/database/sql.js';
import { jsonText, objectText } from '../platform/json-text.js';
import { publicStatus, type TaskStage } from './states.js';
import type { DeliveryView } from './task.dto.js';

/** The task as JSON text (`TaskView`), its stored result taken over byte for byte; null when there is none. Whose it is was looked at before. */
export async function readTask(sql: Sql, taskId: string): Promise<string | null> {
  const { rows } = await sql.query<TaskRow>(SELECT_TASK, [taskId]);
  return rows[0] === undefined ? null : print(rows[0]);
}

interface TaskRow {
  id: string;
  type: string;
  stage: TaskStage;
  progress: Json;
  result: string | null;
  error: Json;
  metadata: string | null;
  runs: number;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
  retried_from: string | null;
  delivery: DeliveryView | null;
}

const SELECT_TASK = `
  SELECT t.id, t.type, t.status AS stage, t.progress, t.result, t.error, t.metadata::text AS metadata, t.runs,
         t.created_at, t.started_at, t.finished_at, t.retried_from, to_json(d) AS delivery
    FROM postback.tasks t
    LEFT JOIN LATERAL (
      SELECT o.status, o.attempts, o.last_status_code, o.last_error,
             -- while a row is delivering, next_attempt_at is the end of its lease and of no interest to the caller
             CASE WHEN o.status = 'pending' THEN o.next_attempt_at END AS next_attempt_at
        FROM postback.webhook_outbox o
        JOIN postback.webhook_events e ON e.id = o.event_id AND e.type = 'task.' || t.status
       WHERE o.task_id = t.id
       ORDER BY array_position(ARRAY['dead', 'held', 'pending', 'delivering', 'delivered'], o.status), o.attempts DESC
       LIMIT 1
    ) d ON true
   WHERE t.id = $1`;

function print(row: TaskRow): string {
  return objectText({
    task_id: jsonText(row.id),
    type: jsonText(row.type),
    status: jsonText(publicStatus(row.stage)),
    stage: jsonText(row.stage),
    progress: jsonText(row.progress),
    result: row.result ?? 'null',
    error: jsonText(row.error),
    metadata: row.metadata ?? 'null',
    runs: jsonText(row.runs),
    created_at: jsonText(row.created_at),
    started_at: jsonText(row.started_at),
    finished_at: jsonText(row.finished_at),
    retried_from: jsonText(row.retried_from),
    delivery: jsonText(row.delivery && { ...row.delivery, next_attempt_at: toIso(row.delivery.next_attempt_at) }),
  });
}

const toIso = (time: string | null) => (time === null ? null : new Date(time).toISOString());
