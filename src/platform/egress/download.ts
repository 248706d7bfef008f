export type DownloadErrorCode =
  | 'document_blocked'
  | 'document_unreachable'
  | 'document_too_large'
  | 'document_timeout'
  | 'document_http_error';

/** Thrown by `DocumentDownloader.download` for everything but the caller's own abort. */
export class DownloadError extends Error {
  /** @param message a sentence for the caller, free of internals; @param transient a later try may succeed */
  constructor(
    readonly code: DownloadErrorCode,
    message: string,
    readonly transient: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'DownloadError';
  }
}

export interface DownloadedDocument {
  readonly bytes: Buffer;
  /** After redirects. */
  readonly url: string;
  /** The `content-type` header as sent; null when there was none. */
  readonly contentType: string | null;
}

export interface DownloadOptions {
  readonly signal?: AbortSignal;
  /** Of the decoded body. */
  readonly maxBytes?: number;
  /** For everything, retries included. */
  readonly deadlineMs?: number;
}
