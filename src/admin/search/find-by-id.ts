import type { Sql } from '../../platform/database/sql.js';

export const FOUND_KINDS = ['task', 'event', 'outbox', 'endpoint', 'redelivery', 'alert', 'key', 'process'] as const;

/** Something that has the id that was looked for. */
export interface Found {
  kind: (typeof FOUND_KINDS)[number];
  id: string;
  tenant: string | null;
  /** What it is, in a line. */
  title: string;
  state: string | null;
  created_at: Date;
  /** The task it belongs to. */
  task_id: string | null;
}

/** Webhooks of one event that are shown along with it. */
const MOST_ROWS = 20;

/** One look at the primary key of each table. An event is followed by its webhooks, the oldest first. */
export async function findById(sql: Sql, id: string): Promise<Found[]> {
  const { rows } = await sql.query<Found>(FIND, [id]);
  return rows;
}

const FIND = `
  SELECT 'task' AS kind, id, tenant, type AS title, status AS state, created_at, id AS task_id FROM postback.tasks WHERE id = $1
  UNION ALL
  SELECT 'event', e.id, t.tenant, e.type, NULL, e.created_at, e.task_id
    FROM postback.task_events e JOIN postback.tasks t ON t.id = e.task_id WHERE e.id = $1
  UNION ALL
  (SELECT 'outbox', id, tenant, url, status, created_at, task_id FROM postback.webhook_outbox WHERE id = $1)
  UNION ALL
  (SELECT 'outbox', id, tenant, url, status, created_at, task_id FROM postback.webhook_outbox WHERE event_id = $1
    ORDER BY id LIMIT ${MOST_ROWS})
  UNION ALL
  SELECT 'endpoint', id, tenant, url, CASE WHEN deleted_at IS NULL THEN state ELSE 'deleted' END, created_at, NULL
    FROM postback.webhook_endpoints WHERE id = $1
  UNION ALL
  SELECT 'redelivery', id, filter ->> 'tenant', 'Bulk redelivery by ' || actor, state, created_at, NULL FROM postback.redelivery_batches WHERE id = $1
  UNION ALL
  SELECT 'alert', id, tenant, title,
         CASE WHEN resolved_at IS NOT NULL THEN 'resolved' WHEN acknowledged_at IS NOT NULL THEN 'acknowledged' ELSE 'open' END, raised_at, task_id
    FROM postback.alerts WHERE id = $1
  UNION ALL
  SELECT 'key', id, tenant, name,
         CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN expires_at <= now() THEN 'expired' ELSE 'live' END, created_at, NULL
    FROM postback.api_keys WHERE id = $1
  UNION ALL
  SELECT 'process', id, NULL, host || ' ' || pid || ': ' || array_to_string(roles, ', '), NULL, started_at, NULL FROM postback.processes WHERE id = $1`;
