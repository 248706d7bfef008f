import { LRUCache } from 'lru-cache';
import { errors } from 'undici';
import { guardedConnector } from './connector.js';
import type { Exchange, ExchangeFailure, WebhookRequest } from './exchange.js';
import { ExchangeHandler } from './exchange-handler.js';
import { OriginPools } from './origin-pools.js';
import { hasSendableHeaders } from './request-headers.js';
import { type AddressResolver, DnsResolver } from './resolver.js';
import type { EgressRules } from './rules.js';
import { TenantPolicy } from './tenant-policy.js';
import { checkTenantUrl, type UrlRefusal, type UrlVerdict } from './url-rules.js';

export interface WebhookClientOptions {
  readonly rules: EgressRules;
  readonly resolver?: AddressResolver;
  readonly connectTimeoutMs?: number;
  /** How long an answer's body may take after its status line. */
  readonly bodyMs?: number;
  /** Origins whose idle pool is kept. */
  readonly maxPools?: number;
  readonly connectionsPerOrigin?: number;
  /** Certificate authorities in place of Node's (PEM). */
  readonly ca?: readonly string[];
  readonly now?: () => number;
}

/** URLs whose verdicts are kept: it depends on nothing but the URL and the rules. */
const maxVerdicts = 1_000;

/** Longer timers fire at once. */
const longestDeadlineMs = 2 ** 31 - 1;

/** Sends webhooks: one POST, one answer, no redirect, no retry. What happened is a value. */
export class WebhookClient {
  private readonly closing = new AbortController();
  private readonly rules: EgressRules;
  private readonly pools: OriginPools;
  private readonly verdicts = new LRUCache<string, UrlVerdict>({ max: maxVerdicts });
  private readonly bodyMs: number;
  private readonly now: () => number;

  constructor(options: WebhookClientOptions) {
    this.rules = options.rules;
    this.bodyMs = options.bodyMs ?? 1_000;
    this.now = options.now ?? (() => performance.now());
    const policy = new TenantPolicy(options.rules, options.resolver ?? new DnsResolver());
    const connect = guardedConnector({ policy, connectTimeoutMs: options.connectTimeoutMs, ca: options.ca, signal: this.closing.signal });
    this.pools = new OriginPools({ ...options, connect, now: this.now });
  }

  async send(request: WebhookRequest): Promise<Exchange> {
    const { deadlineMs, signal } = request;
    if (signal?.aborted || this.closing.signal.aborted) return unsent('aborted', 'The exchange was cut short by the sender.');
    const verdict = this.judge(request.url);
    if (!verdict.ok) return unsent(isMalformed(verdict) ? 'invalid_request' : 'blocked_target', verdict.message);
    if (!(deadlineMs > 0 && deadlineMs <= longestDeadlineMs))
      return unsent('invalid_request', 'The deadline is not a number of milliseconds above 0.');
    if (!hasSendableHeaders(request.headers)) return unsent('invalid_request', 'A header is reserved or given twice.');
    return this.exchange(verdict.url, request);
  }

  /** Ends exchanges under way as `aborted`; those who want to wait for them do so before. */
  async close(): Promise<void> {
    this.closing.abort(new errors.ClientClosedError());
    await this.pools.destroy();
  }

  private judge(raw: string): UrlVerdict {
    const known = this.verdicts.get(raw);
    if (known !== undefined) return known;
    const verdict = checkTenantUrl(raw, this.rules);
    this.verdicts.set(raw, verdict);
    return verdict;
  }

  private async exchange(url: URL, { headers, body, deadlineMs, signal }: WebhookRequest): Promise<Exchange> {
    const handler = new ExchangeHandler({ deadlineMs, bodyMs: this.bodyMs, now: this.now });
    const abort = () => handler.abort();
    signal?.addEventListener('abort', abort, { once: true });
    this.pools.dispatch(url.origin, { path: url.pathname + url.search, method: 'POST', headers, body }, handler);
    try {
      return await handler.outcome;
    } finally {
      signal?.removeEventListener('abort', abort);
      this.pools.release(url.origin);
    }
  }
}

function isMalformed({ code }: UrlRefusal): boolean {
  return code === 'url_invalid' || code === 'url_too_long';
}

function unsent(code: ExchangeFailure['code'], message: string): ExchangeFailure {
  return { kind: 'failure', phase: 'before', code, message, timedOut: false, durationMs: 0, reused: false };
}
