import type { Exchange, WebhookRequest } from '../../platform/egress/exchange.js';
import { UnsealError } from '../../platform/secrets/envelope.js';
import type { Keyring } from '../../platform/secrets/keyring.js';
import { version } from '../../platform/version.js';
import type { Delivery } from './claim-due.js';
import { judge, undeliverable, type Verdict } from './outcome.js';
import { signatures } from './sign.js';

/** What sending takes: a claimed row has all of it, and so has a test event, which is no row. */
export interface Message
  extends Pick<
    Delivery,
    'eventId' | 'tenant' | 'url' | 'attempt' | 'body' | 'thinBody' | 'thin' | 'secrets' | 'headers' | 'timeoutMs' | 'traceparent'
  > {
  /** The outbox row; null when there is none. */
  id: string | null;
}

export interface SendParts {
  keyring: Keyring;
  client: { send(request: WebhookRequest): Promise<Exchange> };
  /** For endpoints without a time-out of their own. */
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
export async function sendWebhook(parts: SendParts, message: Message): Promise<Attempt> {
  const prepared = prepare(parts, message);
  if ('outcome' in prepared) return { verdict: prepared, durationMs: 0, excerpt: null };
  const exchange = await parts.client.send(prepared.request);
  return {
    verdict: judge(exchange, { thinAvailable: !message.thin && message.thinBody !== null }),
    durationMs: Math.round(exchange.durationMs),
    excerpt: exchange.kind === 'response' && exchange.excerpt !== '' ? mask(exchange.excerpt, prepared.confidential) : null,
  };
}

interface Prepared {
  request: WebhookRequest;
  /** What of the request may be shown to nobody. */
  confidential: string[];
}

function prepare({ keyring, timeoutMs, signal, nowMs }: SendParts, message: Message): Prepared | Verdict {
  const body = message.thin ? (message.thinBody ?? message.body) : message.body;
  if (body === null) return undeliverable('body_purged', 'The body of this event was purged.');
  const secrets = openSecrets(keyring, message);
  if (!Array.isArray(secrets)) return secrets;
  const signed = signatures(secrets, { id: message.eventId, timestampSeconds: Math.floor(nowMs() / 1000), body });
  // ours come last: whatever an endpoint's own headers say, they cannot stand in for what we vouch for
  const headers = { ...message.headers, ...fixedHeaders, ...signed, ...ownHeaders(message) };
  const request = { url: message.url, headers, body, deadlineMs: message.timeoutMs ?? timeoutMs, signal };
  return { request, confidential: [...secrets, ...Object.values(message.headers ?? {})] };
}

/** Error pages like to print the request they are about, and excerpts are shown in delivery logs. */
function mask(excerpt: string, confidential: readonly string[]): string {
  // shorter ones would take ordinary words with them
  return confidential.filter((value) => value.length >= 8).reduce((text, value) => text.replaceAll(value, '***'), excerpt);
}

/**
 * Newest first. The newest must open. One before it, which signs along during a rotation, is left out when it does not: the
 * receivers that have switched already are served all the same.
 */
function openSecrets(keyring: Keyring, { tenant, secrets: [newest, ...older] }: Message): string[] | Verdict {
  if (newest === undefined || newest.sealed === null)
    return undeliverable('secret_missing', 'The signing secret of this webhook is missing.');
  const secret = tryOpen(keyring, tenant, newest);
  if (secret === null) return undeliverable('secret_unreadable', 'The signing secret of this webhook cannot be decrypted.');
  return [secret, ...older.map((each) => tryOpen(keyring, tenant, each)).filter((each) => each !== null)];
}

function tryOpen(keyring: Keyring, tenant: string, { id, sealed }: Delivery['secrets'][number]): string | null {
  if (sealed === null) return null;
  try {
    return keyring.open('webhook_secrets', tenant, id, sealed);
  } catch (error) {
    if (error instanceof UnsealError) return null;
    throw error;
  }
}

const fixedHeaders = { 'content-type': 'application/json', 'user-agent': `Postback/${version}` };

function ownHeaders({ id, attempt, traceparent }: Message): Record<string, string> {
  return {
    'webhook-attempt': String(attempt),
    ...(id !== null && { 'webhook-delivery-id': id }),
    ...(traceparent !== null && { traceparent }),
  };
}
