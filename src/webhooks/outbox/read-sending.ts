import type { Sql } from '../../platform/database/sql.js';
import type { StoredRetryPolicy } from '../delivery/retry-policy.js';
import { CURRENT_SECRET, FORMER_SECRET } from '../endpoints/signing-secrets.js';

/** What sending a row takes besides the row, as a claim would find it now. */
export interface Sending {
  /** The text that would be sent; null once purged. */
  body: string | null;
  /** Newest first. */
  secretIds: string[];
  /** The endpoint's own schedule; null: the service's. */
  retry: StoredRetryPolicy | null;
}

export async function readSending(sql: Sql, outboxId: string): Promise<Sending> {
  const { rows } = await sql.query<Sending>(
    `SELECT CASE WHEN o.thin THEN coalesce(v.thin_body, v.body) ELSE v.body END AS body, e.retry,
            array_remove(ARRAY[coalesce(${CURRENT_SECRET}, o.secret_id), ${FORMER_SECRET}], NULL) AS "secretIds"
       FROM postback.webhook_outbox o
       LEFT JOIN postback.webhook_events v ON v.id = o.event_id
       LEFT JOIN postback.webhook_endpoints e ON e.id = o.endpoint_id
      WHERE o.id = $1`,
    [outboxId],
  );
  return rows[0] ?? { body: null, secretIds: [], retry: null };
}
