import { jsonText, objectText } from '../../platform/json-text.js';

/** A terminal event as it will be told, its parts that are stored as JSON text given as text. */
export interface TerminalEvent {
  eventId: string;
  eventType: string;
  taskId: string;
  taskType: string;
  /** completed, failed, error, canceled or expired */
  status: string;
  /** JSON text; null unless completed */
  result: string | null;
  /** JSON text; null when completed */
  error: string | null;
  /** JSON text; null when the caller sent none */
  metadata: string | null;
  seq: number;
  committedAt: Date;
}

/** The request body of a webhook: the very text that is stored, signed and sent. */
export function eventBody(event: TerminalEvent): string {
  return objectText({
    type: jsonText(event.eventType),
    event_id: jsonText(event.eventId),
    task_id: jsonText(event.taskId),
    status: jsonText(event.status),
    ...(event.result !== null && { result: event.result }),
    ...(event.error !== null && { error: event.error }),
    timestamp: jsonText(event.committedAt.toISOString()),
    seq: jsonText(event.seq),
    task_type: jsonText(event.taskType),
    metadata: event.metadata ?? 'null',
  });
}
