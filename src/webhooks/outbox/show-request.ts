import type { Sent } from '../delivery/send-webhook.js';
import { MASKED } from '../endpoints/header-rules.js';

/** What an attempt sent, without what is nobody's business: signatures and the endpoint's own headers. */
export interface RequestView {
  method: 'POST';
  headers: Record<string, string>;
}

/** Null when nothing left, or nobody saw it. */
export function showRequest(
  sent: Sent | null,
  { id, eventId, attempt }: { id: string; eventId: string; attempt: number },
): RequestView | null {
  if (sent === null) return null;
  const own = Object.fromEntries((sent.own ?? []).map((name) => [name, MASKED]));
  return {
    method: 'POST',
    headers: {
      ...own,
      'content-type': 'application/json',
      'user-agent': `Postback/${sent.agent}`,
      'x-webhook-signature': MASKED,
      'webhook-id': eventId,
      'webhook-timestamp': String(sent.at),
      'webhook-signature': Array.from({ length: sent.signatures ?? 1 }, () => `v1,${MASKED}`).join(' '),
      'webhook-attempt': String(attempt),
      'webhook-delivery-id': id,
      ...(sent.traceparent !== undefined && { traceparent: sent.traceparent }),
    },
  };
}
