import type { Database } from '../platform/database/database.js';
import { queueNotices } from './queue-notices.js';
import type { AlertSink } from './sink.js';

/** Closes dead-letter alerts of endpoints that have no dead webhook left, and says so to the sinks. */
export async function resolveDeadLetters(database: Database, sinks: readonly AlertSink[]): Promise<number> {
  return database.transaction(async (tx) => {
    const { rows } = await tx.query<{ id: string }>(
      `UPDATE postback.alerts a SET resolved_at = now()
        WHERE a.kind = 'dead_letter' AND a.resolved_at IS NULL
          AND NOT EXISTS (SELECT FROM postback.webhook_outbox o WHERE o.endpoint_id = a.endpoint_id AND o.status = 'dead')
       RETURNING id`,
    );
    await queueNotices(
      tx,
      sinks,
      rows.map(({ id }) => id),
      'resolved',
    );
    return rows.length;
  });
}
