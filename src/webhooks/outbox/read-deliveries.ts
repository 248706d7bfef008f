import type { Sql } from '../../platform/database/sql.js';
import { isId } from '../../platform/ids.js';
import { WHERE_SENT } from '../endpoints/where-sent.js';
import type { TaskDelivery } from './delivery.dto.js';

/** The webhooks of one task of a tenant's, with their last attempts; or why there is nothing to show. */
export type Deliveries = { kind: 'found'; items: TaskDelivery[] } | { kind: 'unknown' | 'erased' };

export async function readDeliveries(sql: Sql, tenant: string, taskId: string): Promise<Deliveries> {
  if (!isId(taskId)) return { kind: 'unknown' };
  const { rows } = await sql.query<{ erased: boolean; items: TaskDelivery[] | null }>(
    `SELECT t.erased_at IS NOT NULL AS erased, d.items
       FROM postback.tasks t
       LEFT JOIN LATERAL (
         SELECT json_agg(json_build_object(
                  'id', o.id, 'event_id', o.event_id, 'event_type', e.type, 'endpoint_id', o.endpoint_id, 'url', ${WHERE_SENT}, 'status', o.status,
                  'attempts', o.attempts, 'next_attempt_at', CASE WHEN o.status = 'pending' THEN o.next_attempt_at END,
                  'last_status_code', o.last_status_code, 'last_error', o.last_error, 'dead_reason', o.dead_reason,
                  'created_at', o.created_at, 'delivered_at', o.delivered_at, 'dead_at', o.dead_at, 'attempt_log', coalesce(a.log, '[]')
                ) ORDER BY o.id) AS items
           FROM postback.webhook_outbox o
           JOIN postback.webhook_events e ON e.id = o.event_id
           LEFT JOIN LATERAL (
             SELECT json_agg(json_build_object(
                      'attempt', l.attempt, 'trigger', l.trigger, 'started_at', l.started_at, 'duration_ms', l.duration_ms, 'outcome', l.outcome,
                      'status_code', l.status_code, 'error', l.error, 'response_excerpt', left(l.response_excerpt, 1000)
                    ) ORDER BY l.attempt) AS log
               FROM (SELECT * FROM postback.webhook_attempts WHERE outbox_id = o.id ORDER BY attempt DESC LIMIT 20) l
           ) a ON true
          WHERE o.task_id = t.id AND o.tenant = t.tenant
       ) d ON true
      WHERE t.id = $1 AND t.tenant = $2`,
    [taskId, tenant],
  );
  const task = rows[0];
  if (task === undefined) return { kind: 'unknown' };
  return task.erased ? { kind: 'erased' } : { kind: 'found', items: (task.items ?? []).map(withIsoTimes) };
}

/** Times inside of JSON come in Postgres' own spelling. */
function withIsoTimes(delivery: TaskDelivery): TaskDelivery {
  const iso = <T extends Date | null>(time: T) => time && new Date(time);
  const { next_attempt_at, created_at, delivered_at, dead_at, attempt_log } = delivery;
  return {
    ...delivery,
    next_attempt_at: iso(next_attempt_at),
    created_at: new Date(created_at),
    delivered_at: iso(delivered_at),
    dead_at: iso(dead_at),
    attempt_log: attempt_log.map((attempt) => ({ ...attempt, started_at: new Date(attempt.started_at) })),
  };
}
