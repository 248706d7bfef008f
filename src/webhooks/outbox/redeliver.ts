import type { Sql } from '../../platform/database/sql.js';
import type { OutboxStatus } from './states.js';

/**
 * `queued`: due now under a full new schedule. `held`: the same, as soon as its endpoint is free again. The others say why not.
 */
export type Redelivery = 'queued' | 'held' | 'unknown' | 'in_flight' | 'waiting_already' | 'body_purged' | 'endpoint_deleted';

/** A person asks for a row again: same event id, same body, attempts charged from 0. */
export async function redeliver(sql: Sql, outboxId: string, trigger: 'manual' | 'bulk' = 'manual'): Promise<Redelivery> {
  const { rows } = await sql.query<{ status: OutboxStatus }>(REDELIVER, [outboxId, trigger]);
  if (rows[0] === undefined) return whyNot(sql, outboxId);
  return rows[0].status === 'held' ? 'held' : 'queued';
}

/** The table's trigger does the same to a row that a hand sets to pending. */
const REDELIVER = `
  UPDATE postback.webhook_outbox o
     SET status = b.status, held_at = CASE b.status WHEN 'held' THEN coalesce(o.held_at, now()) END, next_attempt_at = now(), next_trigger = $2,
         attempts_charged = 0, uncharged_streak = 0, lost_streak = 0, dead_reason = NULL, dead_at = NULL
    FROM (
      SELECT r.id, CASE WHEN e.state <> 'active' OR e.breaker <> 'closed' THEN 'held' ELSE 'pending' END AS status
        FROM postback.webhook_outbox r
        JOIN postback.webhook_endpoints e ON e.id = r.endpoint_id AND e.deleted_at IS NULL
        JOIN postback.webhook_events v ON v.id = r.event_id AND v.body IS NOT NULL
       WHERE r.id = $1
    ) b
   WHERE o.id = b.id AND o.status IN ('dead', 'delivered', 'held')
  RETURNING o.status`;

async function whyNot(sql: Sql, outboxId: string): Promise<Redelivery> {
  const { rows } = await sql.query<{ status: OutboxStatus; deleted: boolean; purged: boolean }>(
    `SELECT o.status, e.deleted_at IS NOT NULL OR e.id IS NULL AS deleted, v.body IS NULL AS purged
       FROM postback.webhook_outbox o
       LEFT JOIN postback.webhook_endpoints e ON e.id = o.endpoint_id
       LEFT JOIN postback.webhook_events v ON v.id = o.event_id
      WHERE o.id = $1`,
    [outboxId],
  );
  const row = rows[0];
  if (row === undefined) return 'unknown';
  if (row.status === 'delivering') return 'in_flight';
  if (row.status === 'pending') return 'waiting_already';
  if (row.deleted) return 'endpoint_deleted';
  // neither: it was in flight when we asked and has come to rest since
  return row.purged ? 'body_purged' : 'in_flight';
}
