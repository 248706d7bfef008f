import type { Tx } from '../../platform/database/sql.js';
import type { StoredRetryPolicy } from '../delivery/retry-policy.js';
import type { EndpointState } from '../endpoints/states.js';

/** Who may be to be told of an event. */
export interface Audience {
  eventType: string;
  /** The `webhook_url` of the submit. */
  adHoc: { endpointId: string; url: string; secretId: string } | null;
  /** Registered endpoints that the submit named. */
  endpointIds: readonly string[];
}

/** One endpoint that is told of an event, with what its outbox row takes over. */
export interface Target {
  endpointId: string;
  url: string;
  secretId: string;
  /** Null: as many as the service gives. */
  maxRetries: number | null;
  /** May not be sent to now: its row begins on the shelf. */
  blocked: boolean;
}

/**
 * Who is told, event by event. However many events there are: nothing is asked when they go to ad-hoc endpoints only, which their
 * tasks describe in full, else one statement. Where a row goes is asked of its endpoint anew at each claim.
 */
export async function findTargets(tx: Tx, audiences: readonly Audience[]): Promise<Target[][]> {
  const registered = await readRegistered(tx, [...new Set(audiences.flatMap(({ endpointIds }) => endpointIds))]);
  return audiences.map(({ adHoc, endpointIds, eventType }) => [
    ...(adHoc === null ? [] : [{ ...adHoc, maxRetries: null, blocked: false }]),
    ...endpointIds.flatMap((id) => {
      const row = registered.get(id);
      return row === undefined || !(row.events?.includes(eventType) ?? true) ? [] : [toTarget(row)];
    }),
  ]);
}

interface RegisteredRow {
  id: string;
  url: string;
  secret_id: string;
  events: string[] | null;
  retry: StoredRetryPolicy | null;
  state: EndpointState;
}

/** A deleted endpoint is among them: its row is written, and the sweep says what became of it. */
async function readRegistered(tx: Tx, ids: readonly string[]): Promise<Map<string, RegisteredRow>> {
  if (ids.length === 0) return new Map();
  const { rows } = await tx.query<RegisteredRow>(
    `SELECT id, url, secret_id, events, retry, state FROM postback.webhook_endpoints WHERE id = ANY ($1) AND kind = 'registered'`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

function toTarget({ id, url, secret_id, retry, state }: RegisteredRow): Target {
  return { endpointId: id, url, secretId: secret_id, maxRetries: retry?.max_retries ?? null, blocked: state !== 'active' };
}
