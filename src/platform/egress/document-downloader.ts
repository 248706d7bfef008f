import { setTimeout as wait } from 'node:timers/promises';
import type { AxiosInstance, AxiosResponse } from 'axios';
import type { Agent } from 'undici';
import { guardedAgent, guardedAxios, headerOf } from './axios-adapter.js';
import { DownloadError, type DownloadedDocument, type DownloadOptions } from './download.js';
import { downloadErrorOf } from './download-error.js';
import { readBody } from './read-body.js';
import { type AddressResolver, DnsResolver } from './resolver.js';
import type { EgressRules } from './rules.js';
import { TenantPolicy } from './tenant-policy.js';
import { checkTenantUrl } from './url-rules.js';

export interface DocumentDownloaderOptions {
  readonly rules: EgressRules;
  readonly resolver?: AddressResolver;
  /** Of the decoded body. */
  readonly maxBytes?: number;
  /** For everything, retries included. */
  readonly deadlineMs?: number;
  /** Before the second try; four times as long before the third. */
  readonly backoffMs?: number;
  /** Certificate authorities in place of Node's (PEM). */
  readonly ca?: readonly string[];
}

const maxTries = 3;
const maxRedirects = 3;

/** Fetches documents that tenants name. Throws `DownloadError`, or the reason of the caller's signal. */
export class DocumentDownloader {
  private readonly closing = new AbortController();
  private readonly agent: Agent;
  private readonly http: AxiosInstance;

  constructor(private readonly options: DocumentDownloaderOptions) {
    const policy = new TenantPolicy(options.rules, options.resolver ?? new DnsResolver());
    this.agent = guardedAgent({ policy, ca: options.ca, signal: this.closing.signal });
    this.http = guardedAxios(this.agent);
  }

  async download(url: string, { signal, ...limits }: DownloadOptions = {}): Promise<DownloadedDocument> {
    signal?.throwIfAborted();
    // A timer of our own: one signal then ends every wait, down to a body that drips.
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), limits.deadlineMs ?? this.options.deadlineMs ?? 60_000);
    const maxBytes = limits.maxBytes ?? this.options.maxBytes ?? 50_000_000;
    try {
      return await this.tryAgain(url, maxBytes, AbortSignal.any([deadline.signal, this.closing.signal, ...(signal ? [signal] : [])]));
    } catch (error) {
      signal?.throwIfAborted();
      if (deadline.signal.aborted)
        throw new DownloadError('document_timeout', 'The document could not be downloaded in time.', true, { cause: error });
      throw downloadErrorOf(error);
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    this.closing.abort(new DownloadError('document_unreachable', 'The download was cut short by a shutdown.', true));
    await this.agent.destroy();
  }

  private async tryAgain(url: string, maxBytes: number, signal: AbortSignal): Promise<DownloadedDocument> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.follow(url, maxBytes, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (tries === maxTries || !downloadErrorOf(error).transient) throw error;
        await wait((this.options.backoffMs ?? 250) * 4 ** (tries - 1), undefined, { signal });
      }
    }
  }

  /** Each hop is a new target: it passes the rules like the first. */
  private async follow(first: string, maxBytes: number, signal: AbortSignal): Promise<DownloadedDocument> {
    let next = first;
    for (let hops = 0; hops <= maxRedirects; hops += 1) {
      const url = this.vetted(next);
      const answer = await this.http.get(url, { signal, headers: { accept: '*/*', 'accept-encoding': 'gzip, br' } });
      const location = redirectOf(answer, url);
      if (location === null) return this.read(answer, url, maxBytes);
      answer.data.destroy();
      next = location;
    }
    throw new DownloadError('document_http_error', `The document's address redirects more than ${maxRedirects} times.`, false);
  }

  private vetted(url: string): string {
    const verdict = checkTenantUrl(url, this.options.rules);
    if (!verdict.ok) throw new DownloadError('document_blocked', `The document cannot be fetched from there. ${verdict.message}`, false);
    return verdict.url.href;
  }

  private async read(answer: AxiosResponse, url: string, maxBytes: number): Promise<DownloadedDocument> {
    try {
      refuseStatus(answer.status);
      refuseLength(answer, maxBytes);
      const bytes = await readBody(answer.data, headerOf(answer, 'content-encoding'), maxBytes);
      return { bytes, url, contentType: headerOf(answer, 'content-type') ?? null };
    } finally {
      answer.data.destroy();
    }
  }
}

function redirectOf(answer: AxiosResponse, from: string): string | null {
  if (![301, 302, 303, 307, 308].includes(answer.status)) return null;
  const target = URL.parse(headerOf(answer, 'location') ?? '', from);
  return headerOf(answer, 'location') === undefined || !target ? null : target.href;
}

function refuseStatus(status: number): void {
  if (status >= 200 && status < 300) return;
  const transient = status >= 500 || status === 429 || status === 408;
  throw new DownloadError('document_http_error', `The document's server answered with status ${status}.`, transient);
}

/** Spares the download when the server says its length; a body that lies is stopped while it is read. */
function refuseLength(answer: AxiosResponse, maxBytes: number): void {
  const encoded = headerOf(answer, 'content-encoding') !== undefined;
  if (encoded || !(Number(headerOf(answer, 'content-length')) > maxBytes)) return;
  throw new DownloadError('document_too_large', 'The document is too large.', false);
}
