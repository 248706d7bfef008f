import type { Tx } from '../../platform/database/sql.js';

/**
 * Sends to another address what an endpoint has and what has not arrived: what waits, what is dead, for that is what a repair is for,
 * and what is being sent, for its next attempt. The request under way still goes to the old address.
 * Returns how many they are.
 *
 * @param query whether each row keeps its own, where callers put a task's id or token
 */
export async function moveRows(tx: Tx, endpointId: string, url: string, query: 'keep' | 'drop'): Promise<number> {
  const { count } = await tx.query(
    `WITH open AS (
       SELECT id FROM postback.webhook_outbox
        WHERE endpoint_id = $1
          -- not IN: as an OR, each arm finds its own partial index
          AND (status = 'pending' OR status = 'delivering' OR status = 'held' OR status = 'dead')
        ORDER BY id FOR UPDATE
     )
     UPDATE postback.webhook_outbox o SET url = $2 || CASE WHEN $3 THEN coalesce(substring(o.url FROM '\\?.*$'), '') ELSE '' END
       FROM open WHERE o.id = open.id`,
    [endpointId, url, query === 'keep'],
  );
  return count;
}
