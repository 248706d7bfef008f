import type { Sql } from '../../platform/database/sql.js';
import { FORGET_FAILURES } from './forget-failures.js';

/**
 * Sends to an endpoint again, whether it was paused, disabled or kept off by its breaker: a person says that it works.
 * The sweep brings back what waits.
 */
export async function resumeEndpoint(sql: Sql, { tenant, id }: { tenant: string; id: string }): Promise<boolean> {
  const { count } = await sql.query(
    `UPDATE postback.webhook_endpoints
        SET state = 'active', state_reason = NULL, state_changed_at = CASE WHEN state = 'active' THEN state_changed_at ELSE now() END,
            updated_at = now(), ${FORGET_FAILURES}
      WHERE id = $1 AND tenant = $2 AND kind = 'registered' AND deleted_at IS NULL`,
    [id, tenant],
  );
  return count > 0;
}
