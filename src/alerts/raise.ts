import type { Tx } from '../platform/database/sql.js';
import { newId } from '../platform/ids.js';
import { jsonText } from '../platform/json-text.js';
import type { AlertKind } from './kinds.js';
import { queueNotices } from './queue-notices.js';
import type { AlertSink } from './sink.js';

/** Something that needs a person. */
export interface NewAlert {
  kind: AlertKind;
  /** Names the thing that is wrong: while an alert with this key is open, raising it again counts and pages nobody anew. */
  dedupKey: string;
  severity: 'warning' | 'critical';
  title: string;
  detail: { [key: string]: string | number | null };
  tenant: string | null;
  endpointId: string | null;
  outboxId: string | null;
  taskId: string | null;
  /** How many things this stands for. */
  occurrences: number;
}

/**
 * Raises alerts in the commit that makes them true, and queues new ones for every sink. Of one that is open already the rules remind
 * people, now and then. Keys must differ within one call.
 */
export async function raiseAlerts(tx: Tx, sinks: readonly AlertSink[], alerts: readonly NewAlert[]): Promise<void> {
  if (alerts.length === 0) return;
  // sorted: two commits that raise the same alerts wait for one another instead of deadlocking
  const sorted = [...alerts].sort((a, b) => (a.dedupKey < b.dedupKey ? -1 : 1));
  const { rows } = await tx.query<{ id: string; fresh: boolean }>(
    `INSERT INTO postback.alerts AS a (id, kind, dedup_key, severity, title, detail, tenant, endpoint_id, outbox_id, task_id, occurrences)
     SELECT id, kind, dedup_key, severity, title, detail::json, tenant, endpoint_id, outbox_id, task_id, occurrences
       FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[], $9::uuid[], $10::uuid[], $11::integer[])
         AS n (id, kind, dedup_key, severity, title, detail, tenant, endpoint_id, outbox_id, task_id, occurrences)
     ON CONFLICT (dedup_key) WHERE resolved_at IS NULL DO UPDATE
        SET occurrences = a.occurrences + excluded.occurrences, last_raised_at = now(), title = excluded.title, detail = excluded.detail,
            outbox_id = excluded.outbox_id, task_id = excluded.task_id, clear_since = NULL
     RETURNING a.id, a.xmax = 0 AS fresh`, // a row that was updated carries the lock of its update
    [
      sorted.map(newId),
      sorted.map((a) => a.kind),
      sorted.map((a) => a.dedupKey),
      sorted.map((a) => a.severity),
      sorted.map((a) => a.title),
      sorted.map((a) => jsonText(a.detail)),
      sorted.map((a) => a.tenant),
      sorted.map((a) => a.endpointId),
      sorted.map((a) => a.outboxId),
      sorted.map((a) => a.taskId),
      sorted.map((a) => a.occurrences),
    ],
  );
  const told = rows.filter((row) => row.fresh);
  await queueNotices(
    tx,
    sinks,
    told.map((row) => row.id),
    'raised',
  );
}
