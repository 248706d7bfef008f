import type { Actor } from '../../platform/audit/actor.js';
import { writeAudit } from '../../platform/audit/write-audit.js';
import type { Database } from '../../platform/database/database.js';
import type { Tx } from '../../platform/database/sql.js';

export interface EndpointRef {
  tenant: string;
  id: string;
}

/** Does something with an endpoint of this tenant and writes down who did it, in one transaction; nothing is written when nothing changed. */
export async function audited<T>(
  database: Database,
  by: Actor,
  action: `endpoint.${string}`,
  endpoint: EndpointRef,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  return database.transaction(async (tx) => {
    const before = await snapshot(tx, endpoint);
    const result = await work(tx);
    const after = await snapshot(tx, endpoint);
    if (before?.mark !== after?.mark) await record(tx, by, action, endpoint, before, after);
    return result;
  });
}

/** A new one, by the id it got. */
export async function auditedBirth<T extends { id: string }>(
  database: Database,
  by: Actor,
  tenant: string,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  return database.transaction(async (tx) => {
    const made = await work(tx);
    const endpoint = { tenant, id: made.id };
    await record(tx, by, 'endpoint.register', endpoint, null, await snapshot(tx, endpoint));
    return made;
  });
}

interface Snapshot {
  shown: object;
  /** Differs when anything does, also what is not shown. */
  mark: string;
}

/**
 * What a person can change; null when it is gone. Of its headers, which may be secrets, only the names are shown, and its URL without the query, where callers put
 * ids and tokens.
 */
async function snapshot(tx: Tx, { tenant, id }: EndpointRef): Promise<Snapshot | null> {
  const { rows } = await tx.query<Snapshot>(
    `SELECT json_build_object(
              'url', split_part(url, '?', 1), 'description', description, 'events', events, 'header_names', coalesce(header_names, '{}'), 'retry', retry,
              'rate_per_second', rate_per_second, 'max_in_flight', max_in_flight, 'timeout_ms', timeout_ms, 'state', state,
              'state_reason', state_reason, 'secret_id', secret_id, 'previous_secret_expires_at', previous_secret_expires_at) AS shown,
            md5(concat_ws(E'\\n', url, description, events::text, headers_secret_id, retry::text, rate_per_second, max_in_flight, timeout_ms, state,
                          state_reason, secret_id, previous_secret_expires_at, updated_at)) AS mark
       FROM postback.webhook_endpoints WHERE id = $1 AND tenant = $2 AND kind = 'registered' AND deleted_at IS NULL
        FOR NO KEY UPDATE`,
    [id, tenant],
  );
  return rows[0] ?? null;
}

async function record(
  tx: Tx,
  by: Actor,
  action: `endpoint.${string}`,
  { tenant, id }: EndpointRef,
  before: Snapshot | null,
  after: Snapshot | null,
): Promise<void> {
  await writeAudit(tx, by, { action, targetId: id, tenant, before: before?.shown ?? null, after: after?.shown ?? null });
}
