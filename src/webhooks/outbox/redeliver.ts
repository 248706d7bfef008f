import type { Sql } from '../../platform/database/sql.js';

/**
 * `queued`: due now under a full new schedule. `held`: the same, as soon as its endpoint is free again. The others say why not.
 */
export type Redelivery = 'queued' | 'held' | 'unknown' | 'in_flight' | 'waiting_already' | 'body_purged' | 'endpoint_deleted';

/** A person asks for a row again: same event id, same body, attempts charged from 0. The rule is in the database, where a DBA has it too. */
export async function redeliver(sql: Sql, outboxId: string): Promise<Redelivery> {
  const { rows } = await sql.query<{ outcome: Redelivery }>("SELECT postback.redeliver_row($1, 'manual') AS outcome", [outboxId]);
  return rows[0]!.outcome;
}
