import type { Sql } from '../../platform/database/sql.js';
import type { EndpointState } from './states.js';

/** Stops sending to an endpoint; what is for it waits on the shelf. Paused already: the reason is replaced. */
export async function pauseEndpoint(
  sql: Sql,
  { tenant, id }: { tenant: string; id: string },
  reason: string | null,
): Promise<'paused' | 'disabled' | 'unknown'> {
  const { rows } = await sql.query<{ state: EndpointState }>(
    `UPDATE postback.webhook_endpoints
        SET state = CASE WHEN state = 'disabled' THEN state ELSE 'paused' END, -- disabled says more, and why
            state_reason = CASE WHEN state = 'disabled' THEN state_reason ELSE $3 END,
            state_changed_at = CASE WHEN state = 'active' THEN now() ELSE state_changed_at END,
            updated_at = CASE WHEN state = 'disabled' THEN updated_at ELSE now() END
      WHERE id = $1 AND tenant = $2 AND kind = 'registered' AND deleted_at IS NULL
     RETURNING state`,
    [id, tenant, reason ?? 'Paused by its owner.'],
  );
  const [row] = rows;
  if (row === undefined) return 'unknown';
  return row.state === 'disabled' ? 'disabled' : 'paused';
}
