import type { Tx } from '../../platform/database/sql.js';
import type { EndpointState } from './states.js';

export interface LockedEndpoint {
  state: EndpointState;
  url: string;
  secret_id: string;
}

/** Locks a registered endpoint until the transaction ends; null when it is not this tenant's, or deleted. */
export async function lockEndpoint(tx: Tx, tenant: string, id: string): Promise<LockedEndpoint | null> {
  const { rows } = await tx.query<LockedEndpoint>(
    `SELECT state, url, secret_id FROM postback.webhook_endpoints
      WHERE id = $1 AND tenant = $2 AND kind = 'registered' AND deleted_at IS NULL
        FOR NO KEY UPDATE`,
    [id, tenant],
  );
  return rows[0] ?? null;
}
