import type { Tx } from '../../platform/database/sql.js';
import { FORGET_FAILURES } from './forget-failures.js';

/**
 * Sends to another address whatever an endpoint has: what waits, what is written later, and what is dead and redelivered. No row is touched, however
 * many there are: each claim asks the endpoint where it is. The request under way still goes to the old address.
 */
export async function moveEndpoint(tx: Tx, id: string, { url, origin }: { url: string; origin: string }): Promise<void> {
  await tx.query(
    `UPDATE postback.webhook_endpoints
        SET url = $2, origin = $3, moved_at = now(), updated_at = now(),
            -- what the old address did says nothing about the new one
            latency_ms = NULL, ${FORGET_FAILURES}
      WHERE id = $1 AND url <> $2`,
    [id, url, origin],
  );
}
