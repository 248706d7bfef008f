import { errors } from 'undici';
import { type ConnectStage, ConnectTimedOut, EgressBlocked, ResolveFailed, type ResolveFailure, TlsFailed } from './errors.js';
import type { ExchangeErrorCode, ExchangePhase } from './exchange.js';

/** Why an exchange failed, without its times. */
export interface FailureCause {
  readonly code: ExchangeErrorCode;
  readonly phase: ExchangePhase;
  readonly timedOut: boolean;
  readonly message: string;
}

/** How far the exchange had got when the error came. */
export interface Progress {
  readonly phase: ExchangePhase;
  /** What its connection was doing; null when it has one that stands, or none at all. */
  readonly stage: ConnectStage | null;
}

/** The caller's deadline has passed. */
export function deadlineFailure({ phase, stage }: Progress): FailureCause {
  if (phase === 'at') return timeout(phase, 'write_timeout');
  if (phase === 'after') return timeout(phase, 'response_timeout');
  switch (stage) {
    case 'resolve':
      return timeout(phase, 'dns_timeout');
    case 'dial':
      return timeout(phase, 'connect_timeout');
    case 'tls':
      return timeout(phase, 'tls_timeout');
    case null:
      return timeout(phase, 'pool_timeout');
  }
}

export function abortedFailure({ phase }: Progress): FailureCause {
  return failure(phase, 'aborted');
}

/** The egress rules, the resolver, undici or the socket said no. */
export function errorFailure(error: unknown, { phase }: Progress): FailureCause {
  if (error instanceof EgressBlocked) return failure('before', 'blocked_target', error.message);
  if (error instanceof ResolveFailed)
    return { ...failure('before', dnsCodes[error.kind], error.message), timedOut: error.kind === 'timeout' };
  if (error instanceof ConnectTimedOut) return timeout('before', error.stage === 'tls' ? 'tls_timeout' : 'connect_timeout');
  if (error instanceof TlsFailed) return failure('before', 'tls_failed', error.message);
  const code = codeOf(error);
  if (code.startsWith('UND_ERR_INVALID') || code === 'UND_ERR_NOT_SUPPORTED') return failure('before', 'invalid_request');
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') return failure(phase, 'aborted');
  if (ourShortage.has(code)) return failure(phase, 'local_resources');
  return phase === 'before' ? failure(phase, connectCode(code)) : brokenExchange(error, code, phase);
}

const dnsCodes: Record<ResolveFailure, ExchangeErrorCode> = { nxdomain: 'dns_not_found', servfail: 'dns_failed', timeout: 'dns_timeout' };

const ourShortage = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL']);

function connectCode(code: string): ExchangeErrorCode {
  if (code === 'ECONNREFUSED') return 'connect_refused';
  if (code === 'ETIMEDOUT') return 'connect_timeout';
  return code.startsWith('E') || code.startsWith('UND_ERR_SOCKET') ? 'connect_failed' : 'internal_error';
}

function brokenExchange(error: unknown, code: string, phase: ExchangePhase): FailureCause {
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return failure('after', 'headers_too_large');
  if (code.startsWith('HPE_') || code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' || isBadAnswer(error))
    return failure('after', 'protocol_error');
  const lost = code === 'UND_ERR_SOCKET' || code === 'UND_ERR_INFO' || /^E[A-Z]+$/.test(code);
  // with the request out, whatever else undici stumbles over is what came back, a status of 000 for one
  return failure(phase, lost ? 'connection_reset' : phase === 'after' ? 'protocol_error' : 'internal_error');
}

function isBadAnswer(error: unknown): boolean {
  if (error instanceof errors.HTTPParserError || error instanceof errors.ResponseContentLengthMismatchError) return true;
  // Undici gives a lost connection and an answer out of place (100, 101, one before its request) the same code.
  const { message } = error as Partial<Error>;
  return message === 'bad response' || message === 'bad upgrade';
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

function timeout(phase: ExchangePhase, code: ExchangeErrorCode): FailureCause {
  return { ...failure(phase, code), timedOut: true };
}

function failure(phase: ExchangePhase, code: ExchangeErrorCode, message = sentences[code]): FailureCause {
  return { phase, code, message, timedOut: false };
}

const unknownOutcome = 'whether it was processed is unknown';

const sentences: Record<ExchangeErrorCode, string> = {
  blocked_target: 'The target is not allowed.',
  invalid_request: 'The request cannot be sent: its URL, a header or the deadline is not valid.',
  dns_not_found: 'The name of the receiver does not exist or has no address.',
  dns_failed: 'The name of the receiver could not be resolved: the name server answered with an error.',
  dns_timeout: 'The name of the receiver could not be resolved in time.',
  connect_refused: 'The receiver refused the connection.',
  connect_timeout: 'The connection to the receiver was not established in time.',
  connect_failed: 'The receiver could not be reached.',
  tls_failed: 'The TLS connection failed.',
  tls_timeout: 'The TLS handshake with the receiver did not finish in time.',
  pool_timeout: 'No connection to the receiver became free in time.',
  local_resources: 'The sending host ran out of connections or memory.',
  write_timeout: 'The receiver did not read the request in time.',
  response_timeout: `The request was sent and no answer came in time; ${unknownOutcome}.`,
  connection_reset: `The receiver closed the connection without an answer; ${unknownOutcome}.`,
  protocol_error: `The receiver's answer is not valid HTTP; ${unknownOutcome}.`,
  headers_too_large: `The headers of the receiver's answer are too large; ${unknownOutcome}.`,
  aborted: 'The exchange was cut short by the sender.',
  internal_error: 'The exchange failed inside the sender.',
};
