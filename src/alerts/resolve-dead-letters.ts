import type { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/sql.js';
import { queueNotices } from './queue-notices.js';
import type { AlertSink } from './sink.js';

/** Closes dead-letter alerts of endpoints that have no dead webhook left, and says so to the sinks. */
export async function resolveDeadLetters(database: Database, sinks: readonly AlertSink[]): Promise<number> {
  return database.transaction(async (tx) => {
    const candidates = await lockCandidates(tx);
    if (candidates.length === 0) return 0;
    // a statement of its own: only a new snapshot sees a death that was committed while we waited for its alert
    const { rows } = await tx.query<{ id: string }>(
      `UPDATE postback.alerts a SET resolved_at = now() WHERE a.id = ANY ($1) AND ${NOBODY_DEAD} RETURNING id`,
      [candidates],
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

/** Rows of a deleted endpoint need nobody any more: its owner wanted them gone, and they cannot be sent again. */
const NOBODY_DEAD = `NOT EXISTS (
  SELECT FROM postback.webhook_outbox o WHERE o.endpoint_id = a.endpoint_id AND o.status = 'dead' AND o.dead_reason <> 'endpoint_deleted')`;

/** Whoever raises one of them from here on waits, finds it resolved, and raises a new one. Sorted as `raiseAlerts` sorts. */
async function lockCandidates(tx: Tx): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `SELECT a.id FROM postback.alerts a WHERE a.kind = 'dead_letter' AND a.resolved_at IS NULL AND ${NOBODY_DEAD}
      ORDER BY a.dedup_key COLLATE "C" FOR UPDATE`,
  );
  return rows.map(({ id }) => id);
}
