import type { Exchange, WebhookRequest } from '../../platform/egress/exchange.js';
import { version } from '../../platform/version.js';
import type { Delivery } from './claim-due.js';
import { maskExcerpt } from './mask-excerpt.js';
import { judge, undeliverable, type Verdict } from './outcome.js';
import { type SigningKey, signatures } from './sign.js';
import type { Signer } from './signing-keys.js';

/** What sending takes: a claimed row has all of it, and so has a test event, which is no row. */
export interface Message
  extends Pick<Delivery, 'eventId' | 'url' | 'attempt' | 'body' | 'thinBody' | 'thin' | 'headers' | 'timeoutMs' | 'traceparent'> {
  /** Newest first. */
  signers: readonly Signer[];
  /** The outbox row; null when there is none. */
  id: string | null;
}

export interface SendParts {
  client: { send(request: WebhookRequest): Promise<Exchange> };
  /** For a message without a time-out of its own. */
  timeoutMs: number;
  /** Shutdown. */
  signal: AbortSignal;
  /** Ms since 1970; gives `webhook-timestamp`. */
  nowMs(): number;
}

/** What of a request that left is stored nowhere else; kept with the attempt as it is. */
export interface Sent {
  /** The `webhook-timestamp`. */
  at: number;
  /** Our version. */
  agent: string;
  /** Names of the endpoint's own headers; missing when it has none, as are the next two. */
  own?: string[];
  /** How many secrets signed, when it was more than one. */
  signatures?: number;
  traceparent?: string;
}

/** What one attempt found out. */
export interface Attempt {
  verdict: Verdict;
  durationMs: number;
  /** Start of the decoded response body; null when there was none. */
  excerpt: string | null;
  /** Missing when nothing left. */
  sent?: Sent;
}

/** Signs the stored text and sends it once. A row that cannot be sent by anybody is told apart from a receiver that failed. */
export async function sendWebhook(parts: SendParts, message: Message): Promise<Attempt> {
  const prepared = prepare(parts, message);
  if ('outcome' in prepared) return { verdict: prepared, durationMs: 0, excerpt: null };
  const exchange = await parts.client.send(prepared.request);
  return {
    verdict: judge(exchange, { thinAvailable: !message.thin && message.thinBody !== null }),
    durationMs: Math.round(exchange.durationMs),
    excerpt: shown(exchange, confidential(prepared.keys, message)),
    ...(left(exchange) && { sent: prepared.sent }),
  };
}

function shown(exchange: Exchange, secrets: readonly string[]): string | null {
  return exchange.kind === 'response' && exchange.excerpt !== '' ? maskExcerpt(exchange.excerpt, exchange.truncated, secrets) : null;
}

const left = (exchange: Exchange): boolean => exchange.kind === 'response' || exchange.phase !== 'before';

interface Prepared {
  request: WebhookRequest;
  sent: Sent;
  /** What it was signed with. */
  keys: readonly SigningKey[];
}

function prepare({ timeoutMs, signal, nowMs }: SendParts, message: Message): Prepared | Verdict {
  const body = message.thin ? (message.thinBody ?? message.body) : message.body;
  if (body === null) return undeliverable('body_purged', 'The body of this event was purged.');
  const keys = signingKeys(message.signers);
  if (!Array.isArray(keys)) return keys;
  if (typeof message.headers === 'string') return noHeaders(message.headers);
  const timestampSeconds = Math.floor(nowMs() / 1000);
  const signed = signatures(keys, { id: message.eventId, timestampSeconds, body });
  // ours come last: whatever an endpoint's own headers say, they cannot stand in for what we vouch for
  const headers = { ...message.headers, ...fixedHeaders, ...signed, ...ownHeaders(message) };
  const request = { url: message.url, headers, body, deadlineMs: message.timeoutMs ?? timeoutMs, signal };
  return { request, keys, sent: sentBesides(message, timestampSeconds, keys.length) };
}

function sentBesides({ headers, traceparent }: Message, at: number, signatures: number): Sent {
  const own = Object.keys(readable(headers));
  return {
    at,
    agent: version,
    ...(own.length > 0 && { own }),
    ...(signatures > 1 && { signatures }),
    ...(traceparent !== null && { traceparent }),
  };
}

function noHeaders(why: 'missing' | 'unreadable'): Verdict {
  return why === 'missing'
    ? undeliverable('headers_missing', 'The headers of its endpoint are missing.')
    : undeliverable('headers_unreadable', 'The headers of its endpoint cannot be decrypted.');
}

/** What of the request may be shown to nobody. */
function confidential(keys: readonly SigningKey[], { headers }: Message): string[] {
  return [...keys.map(({ text }) => text), ...Object.values(readable(headers))];
}

function readable(headers: Message['headers']): Record<string, string> {
  return typeof headers === 'string' || headers === null ? {} : headers;
}

/**
 * Newest first. The newest must open. One before it, which signs along during a rotation, is left out when it does not: the
 * receivers that have switched already are served all the same.
 */
function signingKeys([newest, ...older]: readonly Signer[]): SigningKey[] | Verdict {
  if (newest === undefined || newest === 'missing')
    return undeliverable('secret_missing', 'The signing secret of this webhook is missing.');
  if (newest === 'unreadable') return undeliverable('secret_unreadable', 'The signing secret of this webhook cannot be decrypted.');
  return [newest, ...older.filter((signer) => typeof signer !== 'string')];
}

const fixedHeaders = { 'content-type': 'application/json', 'user-agent': `Postback/${version}` };

function ownHeaders({ id, attempt, traceparent }: Message): Record<string, string> {
  return {
    'webhook-attempt': String(attempt),
    ...(id !== null && { 'webhook-delivery-id': id }),
    ...(traceparent !== null && { traceparent }),
  };
}
