import type { Exchange, WebhookRequest } from '../../platform/egress/exchange.js';
import { UnsealError } from '../../platform/secrets/envelope.js';
import type { Keyring } from '../../platform/secrets/keyring.js';
import { version } from '../../platform/version.js';
import type { Delivery } from './claim-due.js';
import { judge, undeliverable, type Verdict } from './outcome.js';
import { signatures } from './sign.js';

export interface SendParts {
  keyring: Keyring;
  client: { send(request: WebhookRequest): Promise<Exchange> };
  timeoutMs: number;
  /** Shutdown. */
  signal: AbortSignal;
  /** Ms since 1970; gives `webhook-timestamp`. */
  nowMs(): number;
}

/** What one attempt found out. */
export interface Attempt {
  verdict: Verdict;
  durationMs: number;
  /** Start of the decoded response body; null when there was none. */
  excerpt: string | null;
}

/** Signs the stored text and sends it once. A row that cannot be sent by anybody is told apart from a receiver that failed. */
export async function sendWebhook(parts: SendParts, delivery: Delivery): Promise<Attempt> {
  const request = prepare(parts, delivery);
  if ('outcome' in request) return { verdict: request, durationMs: 0, excerpt: null };
  const exchange = await parts.client.send(request);
  return {
    verdict: judge(exchange),
    durationMs: Math.round(exchange.durationMs),
    excerpt: exchange.kind === 'response' && exchange.excerpt !== '' ? exchange.excerpt : null,
  };
}

function prepare({ keyring, timeoutMs, signal, nowMs }: SendParts, delivery: Delivery): WebhookRequest | Verdict {
  const { body, sealedSecret } = delivery;
  if (body === null) return undeliverable('body_purged', 'The body of this event was purged.');
  if (sealedSecret === null) return undeliverable('secret_missing', 'The signing secret of this webhook is missing.');
  try {
    const secret = keyring.open('webhook_secrets', delivery.tenant, delivery.secretId, sealedSecret);
    const signed = signatures(secret, { id: delivery.eventId, timestampSeconds: Math.floor(nowMs() / 1000), body });
    return { url: delivery.url, headers: { ...fixedHeaders, ...signed, ...ownHeaders(delivery) }, body, deadlineMs: timeoutMs, signal };
  } catch (error) {
    if (error instanceof UnsealError) return undeliverable('secret_unreadable', 'The signing secret of this webhook cannot be decrypted.');
    throw error;
  }
}

const fixedHeaders = { 'content-type': 'application/json', 'user-agent': `Postback/${version}` };

function ownHeaders({ id, attempt, traceparent }: Delivery): Record<string, string> {
  return { 'webhook-attempt': String(attempt), 'webhook-delivery-id': id, ...(traceparent !== null && { traceparent }) };
}
