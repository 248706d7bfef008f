import type { Database } from '../../platform/database/database.js';

/** Long without an attempt: only such an endpoint is ever collected. `e` is the endpoint. */
export const IDLE = "greatest(e.created_at, e.last_success_at, e.last_failure_at) < now() - interval '30 days'";

const BATCH = 500;

/**
 * Removes ad-hoc endpoints that nobody needs any more: idle for longer than any row of theirs is kept, with no row that waits and no
 * task that may still name them. Two statements: the first locks the candidates, so that a submit which wants one waits, and only the
 * second one's snapshot is sure to see the task of a submit that came just before.
 *
 * @param keptDays the longest that a row at rest is kept
 */
export async function collectAdHocEndpoints(database: Database, keptDays: number): Promise<number> {
  return database.transaction(async (tx) => {
    const { rows: candidates } = await tx.query<{ id: string }>(
      `SELECT e.id FROM postback.webhook_endpoints e
        WHERE e.kind = 'ad_hoc' AND ${IDLE} AND greatest(e.created_at, e.last_success_at, e.last_failure_at) < now() - ($1 + 1) * interval '1 day'
        ORDER BY e.id LIMIT $2 FOR UPDATE SKIP LOCKED`,
      [Math.max(30, keptDays), BATCH],
    );
    if (candidates.length === 0) return 0;
    const { count } = await tx.query(
      `DELETE FROM postback.webhook_endpoints e
        WHERE e.id = ANY ($1)
          AND NOT EXISTS (SELECT FROM postback.webhook_outbox o WHERE o.endpoint_id = e.id AND o.status IN ('pending', 'delivering'))
          AND NOT EXISTS (SELECT FROM postback.webhook_outbox o WHERE o.endpoint_id = e.id AND o.status = 'held')
          AND NOT EXISTS (SELECT FROM postback.webhook_outbox o WHERE o.endpoint_id = e.id AND o.status = 'dead')
          AND NOT EXISTS (SELECT FROM postback.tasks t WHERE t.status IN ('queued', 'running', 'canceling') AND e.id = ANY (t.webhook_endpoint_ids))`,
      [candidates.map(({ id }) => id)],
    );
    return count;
  });
}
