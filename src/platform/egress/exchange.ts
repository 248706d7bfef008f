/** One HTTP try of a webhook, as data: `WebhookClient.send` returns it and never throws. Times are in ms. */
export type Exchange = ExchangeResponse | ExchangeFailure;

export interface WebhookRequest {
  /** The exact URL as it was accepted; the rules for tenants' URLs are applied again. */
  readonly url: string;
  /** Sent as given, besides `host`, `connection` and `content-length`, which are the client's own. */
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes that were signed. A string is sent as UTF-8. */
  readonly body: string | Uint8Array;
  /** For everything: name, connection, TLS, request, answer and what is kept of its body. */
  readonly deadlineMs: number;
  /** Shutdown. Ends the exchange as `aborted`. */
  readonly signal?: AbortSignal;
}

/** A status line arrived. Whatever happens to the body afterwards does not change this. */
export interface ExchangeResponse {
  readonly kind: 'response';
  /** 200 to 999. 2xx is success. */
  readonly status: number;
  /** Lower-case names, only those of `keptHeaders` that were sent. */
  readonly headers: ResponseHeaders;
  /** The decoded body's start as storable text: valid UTF-8 of at most 16,384 bytes, no NUL. */
  readonly excerpt: string;
  /** The body went on (or broke off) after what the excerpt shows. */
  readonly truncated: boolean;
  readonly firstByteMs: number;
  readonly durationMs: number;
  /** The connection had served another exchange before. */
  readonly reused: boolean;
}

export interface ExchangeFailure {
  readonly kind: 'failure';
  readonly phase: ExchangePhase;
  readonly code: ExchangeErrorCode;
  /** A sentence for the tenant: names no address of ours and nothing a resolver said. */
  readonly message: string;
  /** A time ran out: the caller's deadline, or the shorter ones for names and connections. */
  readonly timedOut: boolean;
  readonly durationMs: number;
  /** The connection had served another exchange before: a stale keep-alive connection is likely. */
  readonly reused: boolean;
}

/**
 * How far the request got. `before`: no byte of it left. `at`: only a part was written, so it cannot have been processed.
 * `after`: it may have been received in full, so the outcome is unknown. In doubt it is `after`.
 */
export type ExchangePhase = 'before' | 'at' | 'after';

export type ExchangeErrorCode =
  /** The egress rules forbid the target. Nothing was sent. */
  | 'blocked_target'
  /** URL, header or deadline that cannot be sent at all. Nothing was sent. */
  | 'invalid_request'
  /** The name does not exist, or has no address: the receiver's fault. */
  | 'dns_not_found'
  /** Our resolver answered with an error: not the receiver's fault. */
  | 'dns_failed'
  /** Our resolver did not answer in time: not the receiver's fault. */
  | 'dns_timeout'
  /** Nobody listens at the address. */
  | 'connect_refused'
  | 'connect_timeout'
  /** Unreachable host or network, or a reset before the connection stood. */
  | 'connect_failed'
  /** Certificate or handshake. */
  | 'tls_failed'
  | 'tls_timeout'
  /** No free connection to the origin within the deadline: ours. */
  | 'pool_timeout'
  /** Out of file descriptors, ports or memory: ours. */
  | 'local_resources'
  /** The receiver accepted the connection and did not read the request. */
  | 'write_timeout'
  /** The request was written and no status line came in time. */
  | 'response_timeout'
  /** The connection ended before a whole status line and headers. */
  | 'connection_reset'
  /** What came is not an HTTP/1.1 answer to this request (another protocol, an unsolicited 101, contradicting lengths). */
  | 'protocol_error'
  | 'headers_too_large'
  /** The caller's signal: shutdown. */
  | 'aborted'
  /** A bug of ours. */
  | 'internal_error';

/** What of an answer's headers is kept; each value is cut at 1,024 characters. */
export const keptHeaders = ['retry-after', 'content-type', 'location', 'server'] as const;

export type ResponseHeaders = Readonly<Partial<Record<(typeof keptHeaders)[number], string>>>;
