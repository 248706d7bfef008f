import type { Tx } from '../../platform/database/sql.js';
import type { AdHocKey } from './ad-hoc-key.js';
import { moveRows } from './move-rows.js';
import { lockUrl } from './url-lock.js';

/**
 * Sends what an ad-hoc endpoint has and what has not arrived to another address, each row with its own query.
 * `taken`: the tenant has an endpoint there already. Later submits that name the old address make it anew.
 */
export async function moveAdHocEndpoint(tx: Tx, id: string, { url, origin }: AdHocKey): Promise<'moved' | 'taken' | 'unknown'> {
  await lockUrl(tx, id);
  const { rows } = await tx.query<{ tenant: string }>(
    "SELECT tenant FROM postback.webhook_endpoints WHERE id = $1 AND kind = 'ad_hoc' AND deleted_at IS NULL FOR NO KEY UPDATE",
    [id],
  );
  if (rows[0] === undefined) return 'unknown';
  const other = await tx.query("SELECT FROM postback.webhook_endpoints WHERE tenant = $1 AND url = $2 AND kind = 'ad_hoc' AND id <> $3", [
    rows[0].tenant,
    url,
    id,
  ]);
  if (other.count > 0) return 'taken';
  await tx.query(
    `UPDATE postback.webhook_endpoints
        SET url = $2, origin = $3, updated_at = now(),
            -- what the old address did says nothing about the new one
            consecutive_failures = 0, latency_ms = NULL, slow_until = NULL, breaker = 'closed', breaker_failing_since = NULL,
            breaker_opened_at = NULL, breaker_probe_at = NULL, breaker_probes = 0
      WHERE id = $1 AND url <> $2`,
    [id, url, origin],
  );
  await moveRows(tx, id, url, 'keep');
  return 'moved';
}
