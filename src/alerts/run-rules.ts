import type { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/sql.js';
import { jsonText } from '../platform/json-text.js';
import { evaluate } from './evaluate.js';
import { queueNotices } from './queue-notices.js';
import { type NewAlert, raiseAlerts } from './raise.js';
import { readSnapshot, type SnapshotBounds } from './read-snapshot.js';
import type { AlertSink } from './sink.js';
import type { Thresholds } from './snapshot.js';

export interface RuleSettings extends Thresholds, SnapshotBounds {
  /** Between two evaluations, whichever processes do them, in ms. */
  intervalMs: number;
  /** What lasts is told again so often at most, in ms. */
  quietMs: number;
  /** How long it must have been over before an alert is resolved, in ms. */
  resolveAfterMs: number;
  /** How long resolved alerts are kept, in days. */
  keptDays: number;
}

export interface Evaluation {
  raised: number;
  reminded: number;
  resolved: number;
}

/**
 * Looks at the tables and makes the open alerts say the same, in one transaction. Any number of processes may call it: one of them
 * does it, and the others find that it was done. Null when it was not our turn.
 */
export async function runRules(
  database: Database,
  sinks: readonly AlertSink[],
  processId: string,
  settings: RuleSettings,
): Promise<Evaluation | null> {
  return database.transaction(async (tx) => {
    if (!(await takeTurn(tx, processId, settings.intervalMs))) return null;
    const open = await lockOpenAlerts(tx);
    const firing = evaluate(await readSnapshot(tx, settings), settings);
    const known = new Set(open.map(({ key }) => key));
    const fresh = firing.filter(({ dedupKey }) => !known.has(dedupKey));
    await raiseAlerts(tx, sinks, fresh);
    const lasting = firing.filter(({ dedupKey }) => known.has(dedupKey));
    await refresh(tx, lasting);
    const trueKeys = [...lasting.map(({ dedupKey }) => dedupKey), ...(await lastingDeadLetters(tx))];
    const evaluation = {
      raised: fresh.length,
      reminded: await remind(tx, sinks, settings.quietMs),
      resolved: await resolve(tx, sinks, open, new Set(trueKeys), settings.resolveAfterMs),
    };
    await tidyUp(tx, settings.keptDays);
    return evaluation;
  });
}

/** Half the interval: two processes whose clocks tick apart still evaluate once per interval, and one alone never misses its own turn. */
async function takeTurn(tx: Tx, processId: string, intervalMs: number): Promise<boolean> {
  const { count } = await tx.query(
    `UPDATE postback.alert_evaluation SET evaluated_at = now(), evaluated_by = $1
      WHERE one = (SELECT one FROM postback.alert_evaluation WHERE evaluated_at <= now() - $2 * interval '1 ms' FOR UPDATE SKIP LOCKED)`,
    [processId, intervalMs / 2],
  );
  return count > 0;
}

interface OpenAlert {
  id: string;
  key: string;
}

/**
 * Whoever raises one of them from here on waits for us, and whoever was about to has committed: what is read next is later than both.
 * Sorted as `raiseAlerts` sorts.
 */
async function lockOpenAlerts(tx: Tx): Promise<OpenAlert[]> {
  const { rows } = await tx.query<OpenAlert>(
    `SELECT id, dedup_key AS key FROM postback.alerts WHERE resolved_at IS NULL ORDER BY dedup_key COLLATE "C" FOR UPDATE`,
  );
  return rows;
}

/** What goes on has the latest figures. */
async function refresh(tx: Tx, lasting: readonly NewAlert[]): Promise<void> {
  if (lasting.length === 0) return;
  await tx.query(
    `UPDATE postback.alerts a SET last_raised_at = now(), severity = n.severity, title = n.title, detail = n.detail::json
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS n (dedup_key, severity, title, detail)
      WHERE a.dedup_key = n.dedup_key AND a.resolved_at IS NULL`,
    [
      lasting.map(({ dedupKey }) => dedupKey),
      lasting.map(({ severity }) => severity),
      lasting.map(({ title }) => title),
      lasting.map(({ detail }) => jsonText(detail)),
    ],
  );
}

/** Rows of a deleted endpoint need nobody any more: its owner wanted them gone, and they cannot be sent again. */
async function lastingDeadLetters(tx: Tx): Promise<string[]> {
  const { rows } = await tx.query<{ key: string }>(
    `SELECT a.dedup_key AS key FROM postback.alerts a
      WHERE a.kind = 'dead_letter' AND a.resolved_at IS NULL
        AND EXISTS (SELECT FROM postback.webhook_outbox o
                     WHERE o.endpoint_id = a.endpoint_id AND o.status = 'dead' AND o.dead_reason <> 'endpoint_deleted')`,
  );
  return rows.map(({ key }) => key);
}

/** What was raised since people were last told, and what nobody has taken on, once per quiet period. */
async function remind(tx: Tx, sinks: readonly AlertSink[], quietMs: number): Promise<number> {
  const { rows } = await tx.query<{ id: string }>(
    `UPDATE postback.alerts SET notified_at = now()
      WHERE resolved_at IS NULL AND acknowledged_at IS NULL AND last_raised_at > notified_at AND notified_at <= now() - $1 * interval '1 ms'
     RETURNING id`,
    [quietMs],
  );
  await queueNotices(
    tx,
    sinks,
    rows.map(({ id }) => id),
    'raised',
  );
  return rows.length;
}

async function resolve(
  tx: Tx,
  sinks: readonly AlertSink[],
  open: readonly OpenAlert[],
  trueKeys: ReadonlySet<string>,
  resolveAfterMs: number,
): Promise<number> {
  const ids = (lasting: boolean) => open.filter(({ key }) => trueKeys.has(key) === lasting).map(({ id }) => id);
  await tx.query('UPDATE postback.alerts SET clear_since = NULL WHERE id = ANY ($1) AND clear_since IS NOT NULL', [ids(true)]);
  const { rows } = await tx.query<{ id: string }>(
    `UPDATE postback.alerts
        SET clear_since = coalesce(clear_since, now()),
            resolved_at = CASE WHEN coalesce(clear_since, now()) <= now() - $2 * interval '1 ms' THEN now() END
      WHERE id = ANY ($1)
     RETURNING CASE WHEN resolved_at IS NOT NULL THEN id END AS id`,
    [ids(false), resolveAfterMs],
  );
  const resolved = rows.flatMap(({ id }) => (id === null ? [] : [id]));
  await queueNotices(tx, sinks, resolved, 'resolved');
  return resolved.length;
}

/** Old alerts, and notices for sinks that no process knows any more. */
async function tidyUp(tx: Tx, keptDays: number): Promise<void> {
  await tx.query(
    `DELETE FROM postback.alerts
      WHERE raised_at < now() - $1 * interval '1 day' AND resolved_at < now() - $1 * interval '1 day'`,
    [keptDays],
  );
  await tx.query(
    `UPDATE postback.alert_deliveries SET status = 'failed', lease_token = NULL, last_error = coalesce(last_error, 'No process has this sink configured.')
      WHERE status = 'pending' AND next_attempt_at < now() - interval '2 days'`,
  );
}
