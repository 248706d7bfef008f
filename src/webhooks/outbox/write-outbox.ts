import type { Tx } from '../../platform/database/sql.js';
import { newId } from '../../platform/ids.js';
import { type BodyPolicy, type EventBodies, eventBodies, type TerminalEvent } from './event-body.js';
import { type Audience, findTargets, type Target } from './find-targets.js';

/** An event with everybody who may be to be told of it. */
export interface EventToSend extends TerminalEvent, Audience {
  tenant: string;
  /** W3C trace context of the submit. */
  traceparent: string | null;
}

export interface OutboxPolicy extends BodyPolicy {
  /** Attempts each webhook gets before it is dead, unless its endpoint has a number of its own. */
  maxAttempts: number;
}

type ToldEvent = EventToSend & EventBodies & { targets: Target[] };

/**
 * Writes events and one outbox row per endpoint that is told; they become due with the caller's commit.
 * Returns the ids of the endpoints that can be sent to then.
 */
export async function writeOutbox(tx: Tx, events: readonly EventToSend[], policy: OutboxPolicy): Promise<string[]> {
  const targets = await findTargets(tx, events);
  const told = events.flatMap((event, index): ToldEvent[] => {
    const whom = targets[index]!;
    return whom.length === 0 ? [] : [{ ...event, ...eventBodies(event, policy), targets: whom }];
  });
  if (told.length === 0) return [];
  await Promise.all([insertEvents(tx, told), insertRows(tx, told, policy)]);
  const due = told.flatMap((event) => event.targets).filter(({ blocked }) => !blocked);
  return [...new Set(due.map(({ endpointId }) => endpointId))];
}

async function insertEvents(tx: Tx, told: readonly ToldEvent[]): Promise<void> {
  await tx.query(
    {
      name: 'outbox.insert-events',
      text: `INSERT INTO postback.webhook_events (id, tenant, task_id, type, body, thin_body, traceparent, created_at)
     SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[])`,
    },
    [
      told.map((e) => e.eventId),
      told.map((e) => e.tenant),
      told.map((e) => e.taskId),
      told.map((e) => e.eventType),
      told.map((e) => e.body),
      told.map((e) => e.thinBody),
      told.map((e) => e.traceparent),
      told.map((e) => e.committedAt),
    ],
  );
}

async function insertRows(tx: Tx, told: readonly ToldEvent[], { maxAttempts }: OutboxPolicy): Promise<void> {
  const rows = told.flatMap((event) => event.targets.map((target) => ({ ...event, ...target, id: newId() })));
  await tx.query(
    {
      name: 'outbox.insert-rows',
      text: `INSERT INTO postback.webhook_outbox (id, event_id, endpoint_id, tenant, task_id, url, secret_id, max_attempts, thin, status, held_at)
     SELECT n.id, n.event_id, n.endpoint_id, n.tenant, n.task_id, n.url, n.secret_id, n.max_attempts, n.thin,
            -- for a blocked endpoint straight on the shelf; were it resumed just now, the sweep would take the row off again
            CASE WHEN n.blocked THEN 'held' ELSE 'pending' END, CASE WHEN n.blocked THEN now() END
       FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::uuid[], $8::integer[], $9::boolean[], $10::boolean[])
         AS n (id, event_id, endpoint_id, tenant, task_id, url, secret_id, max_attempts, thin, blocked)`,
    },
    [
      rows.map((r) => r.id),
      rows.map((r) => r.eventId),
      rows.map((r) => r.endpointId),
      rows.map((r) => r.tenant),
      rows.map((r) => r.taskId),
      rows.map((r) => r.url),
      rows.map((r) => r.secretId),
      rows.map((r) => (r.maxRetries === null ? maxAttempts : r.maxRetries + 1)),
      rows.map((r) => r.thin),
      rows.map((r) => r.blocked),
    ],
  );
}
