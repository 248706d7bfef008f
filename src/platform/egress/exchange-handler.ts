import type { Dispatcher } from 'undici';
import { excerptOf, maxExcerptBytes, storableText } from './excerpt.js';
import { type Exchange, type ExchangePhase, keptHeaders, type ResponseHeaders } from './exchange.js';
import { abortedFailure, deadlineFailure, errorFailure, type FailureCause, type Progress } from './exchange-failure.js';
import type { Connection, ConnectionUser } from './origin-pools.js';

export interface ExchangeLimits {
  readonly deadlineMs: number;
  /** For the body once the status line is there; the deadline holds as well. */
  readonly bodyMs: number;
  readonly now: () => number;
}

/** A longer rest is not worth reading to keep a connection. */
const maxDrainedBytes = 65_536;

/** Undici's view of one exchange: follows how far it got and settles it once, with a value. */
export class ExchangeHandler implements ConnectionUser {
  readonly outcome: Promise<Exchange>;
  private readonly settle: (exchange: Exchange | Promise<Exchange>) => void;
  private settled = false;

  private readonly startedAt: number;
  private timer: NodeJS.Timeout;
  private connection: Connection | null = null;
  private controller: Dispatcher.DispatchController | null = null;
  private written: 'nothing' | 'started' | 'flushed' = 'nothing';
  private reused = false;

  private status = 0;
  private firstByteMs = 0;
  private headers: ResponseHeaders = {};
  private encoding: string | undefined;
  private readonly body: Buffer[] = [];
  private received = 0;
  private ended = false;
  private failed = false;

  constructor(private readonly limits: ExchangeLimits) {
    const { promise, resolve } = Promise.withResolvers<Exchange>();
    this.outcome = promise;
    this.settle = resolve;
    this.startedAt = limits.now();
    this.timer = setTimeout(() => this.timeIsUp(), limits.deadlineMs);
  }

  /** Shutdown: a status line that has arrived still counts. */
  abort(): void {
    if (this.status > 0) this.respond();
    else this.fail(abortedFailure(this.progress()));
  }

  assigned(connection: Connection): void {
    this.connection = connection;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Thrown, not aborted: undici then drops the request and keeps the connection for the next one.
    if (this.settled) throw new Error('The exchange ended before its connection stood.');
    this.controller = controller;
    this.written = 'started';
    this.reused = (this.connection?.exchanges ?? 0) > 0;
    if (this.connection) this.connection.exchanges += 1;
  }

  onRequestSent(): void {
    if (this.connection?.socket?.writableLength === 0) this.written = 'flushed';
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // 103 and the like: the deadline bounds a flood of them.
    if (status < 200 || this.settled) return;
    this.written = 'flushed';
    this.status = status;
    this.firstByteMs = this.elapsed();
    this.headers = keep(headers);
    this.encoding = first(headers['content-encoding']);
    // A body mostly comes with its headers: by the next microtask it has ended, and needs no timer of its own.
    queueMicrotask(() => this.limitBody());
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.received += chunk.length;
    if (!this.settled) this.body.push(chunk);
    if (this.received > maxExcerptBytes) this.respond();
    if (this.received > maxExcerptBytes + maxDrainedBytes) this.hangUp();
  }

  onResponseEnd(): void {
    this.ended = true;
    clearTimeout(this.timer);
    // Undici frees the connection in an immediate that it queues after this call. Whoever sends next finds it free
    // if we settle behind that: as many connections as exchanges in flight, not twice as many.
    queueMicrotask(() => setImmediate(() => this.respond()));
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.failed = true;
    clearTimeout(this.timer);
    if (this.status > 0) this.respond();
    else this.fail(errorFailure(error, this.progress()));
  }

  private limitBody(): void {
    if (this.ended || this.failed) return;
    clearTimeout(this.timer);
    const rest = Math.min(this.limits.bodyMs, this.limits.deadlineMs - this.firstByteMs);
    this.timer = setTimeout(() => this.timeIsUp(), Math.max(0, rest));
  }

  private timeIsUp(): void {
    if (this.status > 0) this.respond();
    else this.fail(deadlineFailure(this.progress()));
    this.hangUp();
  }

  /** The status line has decided; the body only adds what can be shown. */
  private respond(): void {
    if (this.settled) return;
    this.settled = true;
    this.settle(this.response(this.elapsed()));
  }

  private async response(durationMs: number): Promise<Exchange> {
    const { text, truncated } = await excerptOf(Buffer.concat(this.body), this.encoding, this.ended);
    const { status, headers, firstByteMs, reused } = this;
    return { kind: 'response', status, headers, excerpt: text, truncated, firstByteMs, durationMs, reused };
  }

  private fail(cause: FailureCause): void {
    if (this.settled) return;
    this.settled = true;
    this.settle({ kind: 'failure', ...cause, durationMs: this.elapsed(), reused: this.reused });
    this.hangUp();
  }

  private hangUp(): void {
    clearTimeout(this.timer);
    this.controller?.abort(new Error('The exchange has ended.'));
  }

  private progress(): Progress {
    return { phase: this.phase(), stage: this.connection?.stage ?? null };
  }

  /** `at` only when it is certain: a closed socket no longer tells what it still had to write, so that is `after`. */
  private phase(): ExchangePhase {
    if (this.written === 'nothing') return 'before';
    const socket = this.connection?.socket;
    const pending = this.written === 'started' && socket && !socket.destroyed && socket.writableLength > 0;
    return pending ? 'at' : 'after';
  }

  private elapsed(): number {
    return this.limits.now() - this.startedAt;
  }
}

function keep(headers: Record<string, string | string[] | undefined>): ResponseHeaders {
  const kept: Partial<Record<(typeof keptHeaders)[number], string>> = {};
  for (const name of keptHeaders) {
    const value = first(headers[name]);
    if (value !== undefined) kept[name] = storableText(value.slice(0, 1_024), 4_096);
  }
  return kept;
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
