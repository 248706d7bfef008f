import { DownloadError } from './download.js';
import { EgressBlocked, ResolveFailed, TlsFailed } from './errors.js';
import { BodyTooLarge, UnknownEncoding } from './read-body.js';

/** What went wrong on the way, as the caller may see it. */
export function downloadErrorOf(cause: unknown): DownloadError {
  if (cause instanceof DownloadError) return cause;
  const error = (code: DownloadError['code'], message: string, transient: boolean) =>
    new DownloadError(code, message, transient, { cause });
  if (cause instanceof EgressBlocked)
    return error('document_blocked', `The document cannot be fetched from there. ${cause.message}`, false);
  if (cause instanceof ResolveFailed) return error('document_unreachable', cause.message, cause.kind !== 'nxdomain');
  if (cause instanceof TlsFailed) return error('document_unreachable', cause.message, false);
  if (cause instanceof BodyTooLarge) return error('document_too_large', 'The document is too large.', false);
  if (cause instanceof UnknownEncoding)
    return error('document_http_error', 'The document is sent in an encoding that is not supported.', false);
  return error('document_unreachable', "The document's server could not be reached, or broke off before the document was complete.", true);
}
