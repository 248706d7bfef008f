import type { Tx } from '../../platform/database/sql.js';
import { newId } from '../../platform/ids.js';
import { eventBody, type TerminalEvent } from './event-body.js';

/** An event with everybody who is to be told of it. */
export interface EventToSend extends TerminalEvent {
  tenant: string;
  /** W3C trace context of the submit. */
  traceparent: string | null;
  targets: { endpointId: string; url: string; secretId: string }[];
}

/** Writes events and one outbox row per target; they become due with the caller's commit. */
export async function writeOutbox(tx: Tx, events: readonly EventToSend[], maxAttempts: number): Promise<void> {
  const told = events.filter((event) => event.targets.length > 0);
  if (told.length === 0) return;
  await tx.query(
    `INSERT INTO postback.webhook_events (id, tenant, task_id, type, body, traceparent, created_at)
     SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])`,
    [
      told.map((e) => e.eventId),
      told.map((e) => e.tenant),
      told.map((e) => e.taskId),
      told.map((e) => e.eventType),
      told.map(eventBody),
      told.map((e) => e.traceparent),
      told.map((e) => e.committedAt),
    ],
  );
  const rows = told.flatMap((event) => event.targets.map((target) => ({ ...event, ...target, id: newId() })));
  await tx.query(
    `INSERT INTO postback.webhook_outbox (id, event_id, endpoint_id, tenant, task_id, url, secret_id, max_attempts)
     SELECT n.*, $8 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::uuid[]) AS n`,
    [
      rows.map((r) => r.id),
      rows.map((r) => r.eventId),
      rows.map((r) => r.endpointId),
      rows.map((r) => r.tenant),
      rows.map((r) => r.taskId),
      rows.map((r) => r.url),
      rows.map((r) => r.secretId),
      maxAttempts,
    ],
  );
}
