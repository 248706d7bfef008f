import type { Exchange, ExchangeErrorCode, ExchangeFailure, ExchangeResponse } from '../../platform/egress/exchange.js';
import type { DeadReason } from '../outbox/states.js';

/**
 * How one attempt ended. The database's CHECK on `webhook_attempts.outcome` holds the same words.
 * - `delivered`: answered 2xx.
 * - `rejected`: answered anything else, a redirect or something that is not HTTP included.
 * - `gone`: answered 410.
 * - `too_large`: answered 413.
 * - `throttled`: answered 429 or 503.
 * - `timed_out`: the receiver took too long before it can have had the whole request.
 * - `outcome_unknown`: the request may have arrived in full, and no answer came: it may have been processed.
 * - `unreachable`: no connection, or it broke before the whole request was out.
 * - `blocked`: the egress rules forbid the target; nothing was sent.
 * - `not_sent`: our fault; the receiver cannot have processed anything.
 * - `released`: given back before the first byte, by a shutdown or for want of time under the lease.
 * - `unknown`: the lease expired; written by the row's next owner.
 */
export const ATTEMPT_OUTCOMES = [
  'delivered',
  'rejected',
  'gone',
  'too_large',
  'throttled',
  'timed_out',
  'outcome_unknown',
  'unreachable',
  'blocked',
  'not_sent',
  'released',
  'unknown',
] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

/** What an attempt means for its row. `plan-next.ts` turns it into the row's next state. */
export type Verdict = Findings & ({ next: 'delivered' | 'retry'; deadReason: null } | { next: 'dead'; deadReason: VerdictDeadReason });

export interface Findings {
  outcome: AttemptOutcome;
  /** The receiver is to blame: the attempt counts against the schedule. */
  charged: boolean;
  /** Retry with the thin body, which this receiver has not refused yet. */
  resendThin: boolean;
  /** The endpoint as a whole asks for fewer requests. */
  slowEndpoint: boolean;
  /** `Retry-After` as it came, not yet understood; only of an answer that slows the endpoint. */
  retryAfter: string | null;
  statusCode: number | null;
  errorCode: string | null;
  /** A sentence for the delivery log; null when delivered. */
  errorMessage: string | null;
}

export type VerdictDeadReason = Extract<DeadReason, 'gone' | 'blocked_target' | 'payload_rejected' | 'undeliverable'>;

/**
 * Decides what an exchange means, from its status, headers, error and phase alone.
 *
 * @param body `thinAvailable`: a smaller body exists and was not the one just sent
 */
export function judge(exchange: Exchange, body: { thinAvailable: boolean } = { thinAvailable: false }): Verdict {
  return exchange.kind === 'response' ? judgeResponse(exchange, body.thinAvailable) : judgeFailure(exchange);
}

/** For a row that was given back without an exchange: shutdown, or too little time left under the lease. */
export function released(message: string): Verdict {
  return { ...blank, outcome: 'released', next: 'retry', errorCode: 'released', errorMessage: message };
}

/** For a row whose secrets cannot be read just now: the database is in trouble, and asking it again at once would not help it. */
export function secretsUnavailable(): Verdict {
  const errorMessage = 'Its signing secret could not be read just then.';
  return { ...blank, outcome: 'not_sent', next: 'retry', errorCode: 'secrets_unavailable', errorMessage };
}

/** For a row that cannot be sent at all, whoever tries: its secret does not open, its body is missing. */
export function undeliverable(errorCode: string, message: string): Verdict {
  return { ...blank, outcome: 'not_sent', next: 'dead', deadReason: 'undeliverable', errorCode, errorMessage: message };
}

const blank = {
  charged: false,
  deadReason: null,
  resendThin: false,
  slowEndpoint: false,
  retryAfter: null,
  statusCode: null,
  errorCode: null,
  errorMessage: null,
} as const;

function judgeResponse({ status, headers }: ExchangeResponse, thinAvailable: boolean): Verdict {
  if (status >= 200 && status <= 299) return { ...blank, outcome: 'delivered', next: 'delivered', statusCode: status };
  const refused = { ...blank, charged: true, statusCode: status, errorMessage: describeStatus(status) };
  switch (status) {
    case 410:
      return { ...refused, outcome: 'gone', next: 'dead', deadReason: 'gone' };
    case 413:
      return thinAvailable
        ? { ...refused, outcome: 'too_large', next: 'retry', resendThin: true }
        : { ...refused, outcome: 'too_large', next: 'dead', deadReason: 'payload_rejected' };
    case 429:
    case 503:
      return { ...refused, outcome: 'throttled', next: 'retry', slowEndpoint: true, retryAfter: headers['retry-after'] ?? null };
    default:
      return { ...refused, outcome: 'rejected', next: 'retry' };
  }
}

function describeStatus(status: number): string {
  if (status >= 300 && status <= 399) return `The receiver answered ${status}; redirects are not followed.`;
  return `The receiver answered ${status}.`;
}

function judgeFailure({ code, phase, message }: ExchangeFailure): Verdict {
  const rule = Object.hasOwn(failureRules, code) ? failureRules[code] : failureRules.internal_error;
  const verdict = { ...blank, outcome: byPhase(rule.outcome, phase), charged: rule.charged, errorCode: code, errorMessage: message };
  return rule.dead ? { ...verdict, next: 'dead', deadReason: rule.dead } : { ...verdict, next: 'retry' };
}

/** How far the request got decides what may be claimed about it; an answer and a refusal by us are known in any phase. */
function byPhase(outcome: FailureOutcome, phase: ExchangeFailure['phase']): AttemptOutcome {
  if (outcome === 'rejected' || outcome === 'blocked') return outcome;
  if (phase === 'after') return 'outcome_unknown';
  if (phase === 'at' && outcome === 'released') return 'not_sent';
  return outcome;
}

type FailureOutcome = Extract<AttemptOutcome, 'rejected' | 'timed_out' | 'unreachable' | 'blocked' | 'not_sent' | 'released'>;

/** One row per error: its outcome when nothing or only a part was sent, who pays, and whether trying again is pointless. */
const failureRules: Record<ExchangeErrorCode, { outcome: FailureOutcome; charged: boolean; dead?: VerdictDeadReason }> = {
  blocked_target: { outcome: 'blocked', charged: false, dead: 'blocked_target' },
  invalid_request: { outcome: 'not_sent', charged: false, dead: 'undeliverable' },

  dns_not_found: { outcome: 'unreachable', charged: true },
  connect_refused: { outcome: 'unreachable', charged: true },
  connect_failed: { outcome: 'unreachable', charged: true },
  tls_failed: { outcome: 'unreachable', charged: true },
  connection_reset: { outcome: 'unreachable', charged: true },

  connect_timeout: { outcome: 'timed_out', charged: true },
  tls_timeout: { outcome: 'timed_out', charged: true },
  write_timeout: { outcome: 'timed_out', charged: true },
  response_timeout: { outcome: 'timed_out', charged: true },

  protocol_error: { outcome: 'rejected', charged: true },
  headers_too_large: { outcome: 'rejected', charged: true },

  dns_failed: { outcome: 'not_sent', charged: false },
  dns_timeout: { outcome: 'not_sent', charged: false },
  pool_timeout: { outcome: 'not_sent', charged: false },
  local_resources: { outcome: 'not_sent', charged: false },
  // Not dead: a bug that hits every row must not empty the queue into the dead letters.
  internal_error: { outcome: 'not_sent', charged: false },
  // A deploy is charged to no attempt, however far the request got.
  aborted: { outcome: 'released', charged: false },
};
