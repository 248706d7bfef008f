import { contentDigest } from '../../platform/http/content-digest.js';
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

export interface BodyPolicy {
  /** A larger body is not sent; POSTBACK_PAYLOAD_MAX_BYTES. */
  payloadMaxBytes: number;
  /** The URL at which the result of a task can be fetched without a key, for some time from `from`. */
  resultUrl(taskId: string, from: Date): string;
}

export interface EventBodies {
  body: string;
  /** The same without the result but with where to fetch it; null when it would be of no use. */
  thinBody: string | null;
  /** The thin one is the one to send. */
  thin: boolean;
}

/** From this size of a result on there is a thin body, for a receiver that answers 413. No server in use refuses less. */
const THIN_FROM_BYTES = 16_384;

/** The request bodies of a webhook: the very texts that are stored, signed and sent. */
export function eventBodies(event: TerminalEvent, { payloadMaxBytes, resultUrl }: BodyPolicy): EventBodies {
  const body = envelope(event, event.result === null ? {} : { result: event.result });
  if (event.result === null) return { body, thinBody: null, thin: false };
  const thin = Buffer.byteLength(body) > payloadMaxBytes;
  if (!thin && Buffer.byteLength(event.result) < THIN_FROM_BYTES) return { body, thinBody: null, thin };
  return { body, thinBody: envelope(event, reference(event.result, resultUrl(event.taskId, event.committedAt))), thin };
}

function reference(result: string, url: string): Record<string, string> {
  return {
    result_url: jsonText(url),
    result_bytes: jsonText(Buffer.byteLength(result)),
    result_digest: jsonText(contentDigest(result)), // the same as the header it is served with,
  };
}

/** @param outcome what stands in the place of the result, as JSON text */
function envelope(event: TerminalEvent, outcome: Record<string, string>): string {
  return objectText({
    type: jsonText(event.eventType),
    event_id: jsonText(event.eventId),
    task_id: jsonText(event.taskId),
    status: jsonText(event.status),
    ...outcome,
    ...(event.error !== null && { error: event.error }),
    timestamp: jsonText(event.committedAt.toISOString()),
    seq: jsonText(event.seq),
    task_type: jsonText(event.taskType),
    metadata: event.metadata ?? 'null',
  });
}
