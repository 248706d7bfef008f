import type { Actor } from '../platform/audit/actor.js';
import { writeAudit } from '../platform/audit/write-audit.js';
import type { Database } from '../platform/database/database.js';
import { queueNotices } from './queue-notices.js';
import type { AlertSink } from './sink.js';

/** `already`: somebody had taken it on before; that stays as it is. */
export type Acknowledgement = 'acknowledged' | 'already' | 'resolved' | 'unknown';

/** A person takes an alert on: the sinks are told so, and remind nobody of it any more. The name is that of his API key. */
export async function acknowledgeAlert(
  database: Database,
  sinks: readonly AlertSink[],
  alertId: string,
  by: Actor,
): Promise<Acknowledgement> {
  return database.transaction(async (tx) => {
    const { rows } = await tx.query<{ tenant: string | null; resolved: boolean; acknowledged: boolean }>(
      'SELECT tenant, resolved_at IS NOT NULL AS resolved, acknowledged_at IS NOT NULL AS acknowledged FROM postback.alerts WHERE id = $1 FOR UPDATE',
      [alertId],
    );
    if (rows[0] === undefined) return 'unknown';
    if (rows[0].resolved) return 'resolved';
    if (rows[0].acknowledged) return 'already';
    await tx.query('UPDATE postback.alerts SET acknowledged_at = now(), acknowledged_by = $2 WHERE id = $1', [alertId, by.name]);
    await queueNotices(tx, sinks, [alertId], 'acknowledged');
    const { tenant } = rows[0];
    await writeAudit(tx, by, {
      action: 'alert.acknowledge',
      targetId: alertId,
      tenant,
      before: { acknowledged_by: null },
      after: { acknowledged_by: by.name },
    });
    return 'acknowledged';
  });
}
