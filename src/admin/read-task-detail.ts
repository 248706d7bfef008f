import type { Sql } from '../platform/database/sql.js';
import { jsonText, objectText } from '../platform/json-text.js';
import { readTask } from '../tasks/read-task.js';

/** Of a step's result as much is shown, in characters. */
const STEP_EXCERPT = 4_000;
const MOST_STEPS = 200;

interface Row {
  tenant: string;
  input: string | null;
  interruptions: number;
  timeout_ms: number;
  next_run_at: Date | null;
  run_deadline_at: Date | null;
  expires_at: Date | null;
  worker: object | null;
  webhook: object;
  steps: { name: string; duration_ms: number; created_at: string; result_excerpt: string }[] | null;
}

/** The task as JSON text (`AdminTaskView`): as its owner sees it, and what else an admin wants to know. Null when there is none. */
export async function readTaskDetail(sql: Sql, taskId: string, lostMs: number): Promise<string | null> {
  const [task, { rows }] = await Promise.all([readTask(sql, taskId), sql.query<Row>(DETAIL, [taskId, lostMs])]);
  const row = rows[0];
  if (task === null || row === undefined) return null;
  const { timeout_ms, input, steps, ...more } = row;
  const members = objectText({
    ...Object.fromEntries(Object.entries(more).map(([name, value]) => [name, jsonText(value)])),
    input: input ?? 'null',
    timeout: jsonText(timeout_ms / 1_000),
    steps: jsonText((steps ?? []).map((step) => ({ ...step, created_at: new Date(step.created_at) }))),
  });
  return `${task.slice(0, -1)},${members.slice(1)}`; // two objects in one, so that result and input stay as they are stored
}

const DETAIL = `
  SELECT t.tenant, t.input::text AS input, t.interruptions, t.timeout_ms, CASE WHEN t.status = 'queued' THEN t.next_run_at END AS next_run_at,
         t.run_deadline_at, t.expires_at,
         CASE WHEN t.worker_id IS NOT NULL THEN json_build_object(
           'id', t.worker_id, 'host', p.host, 'pid', p.pid, 'alive', coalesce(p.heartbeat_at > now() - $2 * interval '1 ms', false)) END AS worker,
         json_build_object('url', t.webhook_url, 'endpoint_ids', t.webhook_endpoint_ids, 'events', t.webhook_events) AS webhook,
         (SELECT json_agg(json_build_object('name', s.name, 'duration_ms', s.duration_ms, 'created_at', s.created_at,
                                            'result_excerpt', left(s.result, ${STEP_EXCERPT})) ORDER BY s.created_at, s.name)
            FROM (SELECT * FROM postback.task_steps WHERE task_id = t.id ORDER BY created_at, name LIMIT ${MOST_STEPS}) s) AS steps
    FROM postback.tasks t LEFT JOIN postback.processes p ON p.id = t.worker_id
   WHERE t.id = $1`;
