import type { Span, SpanStart } from '../../platform/tracing/tracer.js';
import type { Delivery } from './claim-due.js';
import type { Attempt } from './send-webhook.js';

/** Names the row and its endpoint; not the URL, which may hold a secret. */
export function attemptSpan({ id, taskId, endpointId, attempt, traceparent }: Delivery): SpanStart {
  const attributes = {
    'postback.task_id': taskId,
    'postback.outbox_id': id,
    'postback.endpoint_id': endpointId,
    'postback.attempt': attempt,
  };
  return { name: 'deliver webhook', parent: traceparent, kind: 'producer', attributes };
}

export function endAttempt(span: Span, { verdict }: Attempt): void {
  const { outcome, statusCode, errorCode } = verdict;
  const attributes = { 'postback.outcome': outcome, ...(statusCode !== null && { 'http.response.status_code': statusCode }) };
  span.end(attributes, outcome === 'delivered' ? null : (errorCode ?? outcome));
}
