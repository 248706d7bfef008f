import { hostOf } from './host-of.js';
import type { NewAlert } from './raise.js';

/** A webhook that was given up. */
export interface DeadLetter {
  id: string;
  endpoint_id: string;
  tenant: string;
  task_id: string;
  url: string;
  dead_reason: string | null;
  attempts: number;
  last_error: string | null;
}

/** One alert per endpoint, however many of its webhooks died. It closes when none of them is dead any more. */
export function deadLetterAlerts(letters: readonly DeadLetter[]): NewAlert[] {
  return [...Map.groupBy(letters, (letter) => letter.endpoint_id).values()].map((group) => {
    const latest = group.at(-1)!;
    return {
      kind: 'dead_letter',
      dedupKey: `dead_letter:${latest.endpoint_id}`,
      severity: 'critical',
      title: `Webhooks to ${hostOf(latest.url)} are dead (${latest.dead_reason}) and wait for a person`,
      detail: {
        host: hostOf(latest.url),
        endpoint_id: latest.endpoint_id,
        outbox_id: latest.id,
        task_id: latest.task_id,
        dead_reason: latest.dead_reason,
        attempts: latest.attempts,
        last_error: latest.last_error,
      },
      tenant: latest.tenant,
      endpointId: latest.endpoint_id,
      outboxId: latest.id,
      taskId: latest.task_id,
      occurrences: group.length,
    };
  });
}
