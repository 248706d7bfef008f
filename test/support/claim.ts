import type { Database } from '../../src/platform/database/database.js';
import { newId } from '../../src/platform/ids.js';
import { claimDue, type Delivery } from '../../src/webhooks/delivery/claim-due.js';
import { findDueEndpoints, START } from '../../src/webhooks/delivery/find-due-endpoints.js';

/** Claims what is due at whatever endpoint, at most `limit` rows, as a dispatcher with nothing else to do would. */
export async function claimFromAll(database: Database, limit: number): Promise<Delivery[]> {
  let { endpointIds: asked } = await findDueEndpoints(database, START, 1_000);
  const claimed: Delivery[] = [];
  while (asked.length > 0 && claimed.length < limit) {
    const free = limit - claimed.length;
    const limits = { freeSlots: free, freeSlowSlots: free, perTurn: free, endpointMaxInFlight: 1_000, originMaxInFlight: 1_000 };
    const { deliveries, quotas } = await claimDue(database, asked, limits, { token: newId(), ms: 30_000, claimedBy: newId() });
    claimed.push(...deliveries);
    // those whose turn did not come, or whom another dispatcher was claiming from at that moment
    asked = asked.filter((id) => !quotas.some((quota) => quota.id === id && (quota.quota > 0 || quota.boundBy !== 'slots')));
  }
  return claimed;
}
