import type { Logger } from '../../platform/logging/logger.js';
import { traceId } from '../../platform/tracing/traceparent.js';
import type { Finish } from './finish-attempts.js';

/** The one log line of an attempt. `committed` is false when its lease had gone to somebody else. */
export function logAttempt(logger: Logger, { delivery, attempt: { verdict, durationMs }, next }: Finish, committed: boolean): void {
  logger.info(
    {
      event: 'delivery.attempt',
      outbox_id: delivery.id,
      event_id: delivery.eventId,
      task_id: delivery.taskId,
      endpoint_id: delivery.endpointId,
      tenant: delivery.tenant,
      attempt: delivery.attempt,
      outcome: verdict.outcome,
      charged: verdict.charged,
      status_code: verdict.statusCode,
      error_code: verdict.errorCode,
      row: next.status,
      dead_reason: next.status === 'dead' ? next.reason : null,
      retry_in_ms: next.status === 'pending' ? next.delayMs : null,
      duration_ms: durationMs,
      committed,
      trace_id: traceId(delivery.traceparent),
    },
    'delivery.attempt',
  );
}
