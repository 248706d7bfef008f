import type { Tx } from '../../platform/database/sql.js';
import type { AdHocKey } from './ad-hoc-key.js';
import { moveEndpoint } from './move-endpoint.js';

/**
 * Sends what an ad-hoc endpoint has, and what its unfinished tasks will have, to another address, each row with its own query.
 * `taken`: the tenant has an endpoint there already. Later submits that name the old address make it anew.
 */
export async function moveAdHocEndpoint(tx: Tx, id: string, key: AdHocKey): Promise<'moved' | 'taken' | 'unknown'> {
  const { count } = await tx.query(
    "SELECT FROM postback.webhook_endpoints WHERE id = $1 AND kind = 'ad_hoc' AND deleted_at IS NULL FOR NO KEY UPDATE",
    [id],
  );
  if (count === 0) return 'unknown';
  await tx.query('SAVEPOINT moving');
  try {
    await moveEndpoint(tx, id, key);
  } catch (error) {
    if (!isTaken(error)) throw error;
    await tx.query('ROLLBACK TO SAVEPOINT moving');
    return 'taken';
  }
  return 'moved';
}

/** Only the index knows: a submit may be making an endpoint there at this moment. */
const isTaken = (error: unknown) => (error as { constraint?: string }).constraint === 'webhook_endpoints_ad_hoc';
