import type { Tx } from '../platform/database/sql.js';
import { newId } from '../platform/ids.js';
import type { AlertEvent, AlertSink } from './sink.js';

/** Has every sink told of these alerts, with the caller's commit. */
export async function queueNotices(tx: Tx, sinks: readonly AlertSink[], alertIds: readonly string[], event: AlertEvent): Promise<void> {
  const notices = alertIds.flatMap((alertId) => sinks.map(({ name }) => ({ alertId, sink: name })));
  if (notices.length === 0) return;
  await tx.query(
    `INSERT INTO postback.alert_deliveries (id, alert_id, sink, event)
     SELECT id, alert_id, sink, $4 FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS n (id, alert_id, sink)`,
    [notices.map(newId), notices.map((n) => n.alertId), notices.map((n) => n.sink), event],
  );
}
