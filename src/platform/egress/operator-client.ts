import type { Socket } from 'node:net';
import type { AxiosInstance } from 'axios';
import type { Agent } from 'undici';
import { unlessAborted } from './abort.js';
import { guardedAgent, guardedAxios, headerOf } from './axios-adapter.js';
import { dial } from './dial.js';
import { ConnectTimedOut, EgressBlocked, ResolveFailed, TlsFailed } from './errors.js';
import { OperatorPolicy } from './operator-policy.js';
import { BodyTooLarge, readBody } from './read-body.js';
import { type AddressResolver, DnsResolver } from './resolver.js';

export interface OperatorClientOptions {
  /** The URLs that config names; their hosts and ports, and no others, can be called. */
  readonly urls: readonly string[];
  readonly resolver?: AddressResolver;
  /** Certificate authorities in place of Node's (PEM). */
  readonly ca?: readonly string[];
}

export interface PostOptions {
  /** For everything, the answer's body included. */
  readonly timeoutMs: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of the decoded answer. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

/** Any status is an answer. Messages are for operators and never hold the URL: Slack's is a secret. */
export type OperatorAnswer =
  | { readonly kind: 'response'; readonly status: number; readonly retryAfter: string | null; readonly text: string }
  | { readonly kind: 'failure'; readonly code: OperatorErrorCode; readonly message: string };

export type OperatorErrorCode = 'blocked_target' | 'unreachable' | 'timeout' | 'too_large' | 'aborted';

/** Calls what the operator configured: alert sinks, the model endpoint. */
export class OperatorClient {
  private readonly closing = new AbortController();
  private readonly policy: OperatorPolicy;
  private readonly agent: Agent;
  private readonly http: AxiosInstance;

  constructor(options: OperatorClientOptions) {
    this.policy = new OperatorPolicy(options.urls, options.resolver ?? new DnsResolver());
    this.agent = guardedAgent({ policy: this.policy, ca: options.ca, signal: this.closing.signal });
    this.http = guardedAxios(this.agent);
  }

  postJson(url: string, body: unknown, options: PostOptions): Promise<OperatorAnswer> {
    return this.postText(url, JSON.stringify(body), options);
  }

  /** @param body JSON text, sent as it is: what was signed */
  async postText(url: string, body: string, options: PostOptions): Promise<OperatorAnswer> {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), options.timeoutMs);
    const stops = [this.closing.signal, ...(options.signal ? [options.signal] : [])];
    try {
      return await this.post(url, body, options, AbortSignal.any([limit.signal, ...stops]));
    } catch (error) {
      if (stops.some((stop) => stop.aborted)) return failure('aborted', 'The call was cut short.');
      return limit.signal.aborted ? failure('timeout', 'There was no complete answer in time.') : failureOf(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** For protocols other than HTTP. Rejects with `EgressBlocked`, `ResolveFailed`, the signal's reason or the socket's error. */
  async openSocket({ host, port }: { host: string; port: number }, signal: AbortSignal): Promise<Socket> {
    const stop = AbortSignal.any([signal, this.closing.signal]);
    const addresses = await unlessAborted(this.policy.vet({ protocol: 'tcp:', host, port }), stop);
    return dial(addresses, port, stop);
  }

  async close(): Promise<void> {
    this.closing.abort(new Error('The client is closed.'));
    await this.agent.destroy();
  }

  private async post(url: string, body: string, options: PostOptions, signal: AbortSignal): Promise<OperatorAnswer> {
    const headers = { 'content-type': 'application/json', 'accept-encoding': 'gzip, br', ...options.headers };
    const answer = await this.http.post(url, body, { signal, headers });
    try {
      const text = await readBody(answer.data, headerOf(answer, 'content-encoding'), options.maxBytes ?? 1_000_000);
      return { kind: 'response', status: answer.status, retryAfter: headerOf(answer, 'retry-after') ?? null, text: text.toString() };
    } finally {
      answer.data.destroy();
    }
  }
}

function failureOf(error: unknown): OperatorAnswer {
  if (error instanceof EgressBlocked) return failure('blocked_target', error.message);
  if (error instanceof BodyTooLarge) return failure('too_large', 'The answer is too large.');
  if (error instanceof ResolveFailed || error instanceof TlsFailed || error instanceof ConnectTimedOut)
    return failure('unreachable', error.message);
  const { code } = error as NodeJS.ErrnoException;
  return failure('unreachable', `The host could not be reached${code ? ` (${code})` : ''}.`);
}

function failure(code: OperatorErrorCode, message: string): OperatorAnswer {
  return { kind: 'failure', code, message };
}
