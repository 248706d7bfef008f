import type { Tx } from '../../platform/database/sql.js';
import { lockEndpoint } from './lock-endpoint.js';

/** Rows settled along with the deletion; what is left of a longer line is settled by the sweep. */
const AT_ONCE = 1_000;

/** Deletes an endpoint for its owner; its row stays for the history of its webhooks. What waits for it ends as `endpoint_deleted`. */
export async function deleteEndpoint(tx: Tx, { tenant, id }: { tenant: string; id: string }): Promise<boolean> {
  if ((await lockEndpoint(tx, tenant, id)) === null) return false;
  await tx.query('UPDATE postback.webhook_endpoints SET deleted_at = now(), updated_at = now() WHERE id = $1', [id]);
  await settleWaiting(tx, id);
  return true;
}

/** What is being sent right now is left to its lease. A row that was delivered before goes back to that: it has arrived once. */
async function settleWaiting(tx: Tx, endpointId: string): Promise<void> {
  await tx.query(
    `WITH waiting AS (
       SELECT id FROM postback.webhook_outbox
        WHERE endpoint_id = $1
          AND (status = 'pending' OR status = 'held') -- not IN: as an OR, each arm finds its own partial index
        ORDER BY id LIMIT $2 FOR UPDATE
     )
     UPDATE postback.webhook_outbox o
        SET status = CASE WHEN o.delivered_at IS NULL THEN 'dead' ELSE 'delivered' END,
            dead_reason = CASE WHEN o.delivered_at IS NULL THEN 'endpoint_deleted' END,
            dead_at = CASE WHEN o.delivered_at IS NULL THEN now() END,
            last_error = 'Its endpoint was deleted.', next_attempt_at = NULL, next_trigger = 'schedule', held_at = NULL
       FROM waiting WHERE o.id = waiting.id`,
    [endpointId, AT_ONCE],
  );
}
