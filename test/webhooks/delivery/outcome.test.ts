import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type {
  Exchange,
  ExchangeErrorCode,
  ExchangeFailure,
  ExchangePhase,
  ExchangeResponse,
} from '../../../src/platform/egress/exchange.js';
import { ATTEMPT_OUTCOMES, judge, released, undeliverable, type Verdict } from '../../../src/webhooks/delivery/outcome.js';

function answer(status: number, headers: ExchangeResponse['headers'] = {}): ExchangeResponse {
  return { kind: 'response', status, headers, excerpt: '', truncated: false, firstByteMs: 1, durationMs: 2, reused: false };
}

function failure(code: ExchangeErrorCode, phase: ExchangePhase): ExchangeFailure {
  return { kind: 'failure', phase, code, message: 'It did not work.', timedOut: code.endsWith('timeout'), durationMs: 2, reused: false };
}

/** `[outcome, charged, next or reason]`. */
function short({ outcome, charged, next, deadReason }: Verdict): [string, boolean, string] {
  return [outcome, charged, deadReason ?? next];
}

describe('judge on an answer', () => {
  it.each([200, 201, 202, 204, 206, 226, 299])('takes %i for delivered', (status) => {
    expect(judge(answer(status))).toEqual({
      outcome: 'delivered',
      charged: false,
      next: 'delivered',
      deadReason: null,
      resendThin: false,
      slowEndpoint: false,
      retryAfter: null,
      statusCode: status,
      errorCode: null,
      errorMessage: null,
    });
  });

  it.each([300, 301, 302, 303, 304, 307, 308, 399])('charges a redirect %i and says that it is not followed', (status) => {
    const verdict = judge(answer(status, { location: 'http://127.0.0.1/' }));
    expect(short(verdict)).toEqual(['rejected', true, 'retry']);
    expect(verdict.errorMessage).toBe(`The receiver answered ${status}; redirects are not followed.`);
  });

  it.each([400, 401, 403, 404, 405, 408, 409, 411, 412, 414, 422, 425, 431, 451, 499])('retries the 4xx %i like a 5xx', (status) => {
    expect(short(judge(answer(status)))).toEqual(['rejected', true, 'retry']);
  });

  it.each([500, 501, 502, 504, 507, 599])('charges and retries the 5xx %i', (status) => {
    expect(short(judge(answer(status)))).toEqual(['rejected', true, 'retry']);
    expect(judge(answer(status))).toMatchObject({ statusCode: status, errorCode: null, errorMessage: `The receiver answered ${status}.` });
  });

  it.each([0, 100, 101, 103, 199, 600, 999, -1, Number.NaN])('takes the odd status %d for a refusal', (status) => {
    expect(short(judge(answer(status)))).toEqual(['rejected', true, 'retry']);
  });

  it('takes 410 for gone, at once and for good', () => {
    expect(short(judge(answer(410)))).toEqual(['gone', true, 'gone']);
  });

  it('answers 413 with the thin body when there is one, and gives up when there is none', () => {
    expect(judge(answer(413), { thinAvailable: true })).toMatchObject({
      outcome: 'too_large',
      charged: true,
      next: 'retry',
      resendThin: true,
    });
    expect(judge(answer(413), { thinAvailable: false })).toMatchObject({ next: 'dead', deadReason: 'payload_rejected', resendThin: false });
    expect(judge(answer(413))).toMatchObject({ next: 'dead', deadReason: 'payload_rejected' });
  });

  it.each([429, 503])('charges %i, slows the endpoint and hands on Retry-After as it came', (status) => {
    expect(judge(answer(status, { 'retry-after': '0x10' }))).toMatchObject({
      outcome: 'throttled',
      charged: true,
      next: 'retry',
      slowEndpoint: true,
      retryAfter: '0x10',
    });
    expect(judge(answer(status))).toMatchObject({ slowEndpoint: true, retryAfter: null });
  });

  it('hands on Retry-After of no other answer', () => {
    for (const status of [200, 301, 404, 410, 413, 500]) {
      expect(judge(answer(status, { 'retry-after': '60' }))).toMatchObject({ slowEndpoint: false, retryAfter: null });
    }
  });
});

describe('judge on a failure', () => {
  it.each<[ExchangeErrorCode, ExchangePhase, string, boolean, string]>([
    ['connect_refused', 'before', 'unreachable', true, 'retry'],
    ['dns_not_found', 'before', 'unreachable', true, 'retry'],
    ['connect_failed', 'before', 'unreachable', true, 'retry'],
    ['tls_failed', 'before', 'unreachable', true, 'retry'],
    ['connection_reset', 'before', 'unreachable', true, 'retry'],
    ['connection_reset', 'at', 'unreachable', true, 'retry'],
    ['connection_reset', 'after', 'outcome_unknown', true, 'retry'],
    ['connect_timeout', 'before', 'timed_out', true, 'retry'],
    ['tls_timeout', 'before', 'timed_out', true, 'retry'],
    ['write_timeout', 'at', 'timed_out', true, 'retry'],
    ['write_timeout', 'after', 'outcome_unknown', true, 'retry'],
    ['response_timeout', 'after', 'outcome_unknown', true, 'retry'],
    ['protocol_error', 'before', 'rejected', true, 'retry'],
    ['protocol_error', 'after', 'rejected', true, 'retry'],
    ['headers_too_large', 'after', 'rejected', true, 'retry'],
    ['dns_failed', 'before', 'not_sent', false, 'retry'],
    ['dns_timeout', 'before', 'not_sent', false, 'retry'],
    ['pool_timeout', 'before', 'not_sent', false, 'retry'],
    ['local_resources', 'before', 'not_sent', false, 'retry'],
    ['internal_error', 'before', 'not_sent', false, 'retry'],
    ['internal_error', 'after', 'outcome_unknown', false, 'retry'],
    ['aborted', 'before', 'released', false, 'retry'],
    ['aborted', 'at', 'not_sent', false, 'retry'],
    ['aborted', 'after', 'outcome_unknown', false, 'retry'],
    ['blocked_target', 'before', 'blocked', false, 'blocked_target'],
    ['invalid_request', 'before', 'not_sent', false, 'undeliverable'],
  ])('takes %s %s the send for %s, charged %s, then %s', (code, phase, outcome, charged, next) => {
    expect(short(judge(failure(code, phase)))).toEqual([outcome, charged, next]);
  });

  it('keeps code and sentence for the delivery log', () => {
    expect(judge(failure('tls_failed', 'before'))).toMatchObject({
      statusCode: null,
      errorCode: 'tls_failed',
      errorMessage: 'It did not work.',
    });
  });

  it('takes an error it does not know for a fault of ours', () => {
    for (const code of ['brand_new', 'constructor', '__proto__'] as unknown as ExchangeErrorCode[]) {
      expect(short(judge(failure(code, 'before')))).toEqual(['not_sent', false, 'retry']);
    }
  });
});

describe('judge on anything', () => {
  const response: fc.Arbitrary<Exchange> = fc.record({
    kind: fc.constant('response' as const),
    status: fc.oneof(fc.integer({ min: 100, max: 999 }), fc.integer(), fc.double()),
    headers: fc.dictionary(fc.constantFrom('retry-after', 'server'), fc.string()),
    excerpt: fc.string(),
    truncated: fc.boolean(),
    firstByteMs: fc.nat(),
    durationMs: fc.nat(),
    reused: fc.boolean(),
  });
  const failed = fc.record({
    kind: fc.constant('failure' as const),
    phase: fc.constantFrom<ExchangePhase>('before', 'at', 'after'),
    code: fc.oneof(fc.constantFrom('blocked_target', 'aborted', 'connection_reset', 'dns_failed', 'tls_timeout'), fc.string()),
    message: fc.string(),
    timedOut: fc.boolean(),
    durationMs: fc.nat(),
    reused: fc.boolean(),
  }) as fc.Arbitrary<Exchange>;

  it('reaches a verdict that agrees with itself', () => {
    fc.assert(
      fc.property(fc.oneof(response, failed), fc.boolean(), (exchange, thinAvailable) => {
        const verdict = judge(exchange, { thinAvailable });
        expect(ATTEMPT_OUTCOMES).toContain(verdict.outcome);
        expect(verdict.next === 'delivered').toBe(verdict.outcome === 'delivered');
        expect(verdict.next === 'dead').toBe(verdict.deadReason !== null);
        expect(verdict.errorMessage === null).toBe(verdict.next === 'delivered');
        if (exchange.kind === 'response') expect(verdict.charged).toBe(!(exchange.status >= 200 && exchange.status < 300));
        if (verdict.resendThin) expect(thinAvailable && verdict.next === 'retry').toBe(true);
        if (verdict.outcome === 'released') expect(verdict.charged).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('a row that is not sent at all', () => {
  it('is released without a charge', () => {
    expect(short(released('The process is shutting down.'))).toEqual(['released', false, 'retry']);
  });

  it('is dead without a charge when nobody could send it', () => {
    const verdict = undeliverable('secret_unreadable', 'The secret of this row does not open.');
    expect(short(verdict)).toEqual(['not_sent', false, 'undeliverable']);
    expect(verdict).toMatchObject({ errorCode: 'secret_unreadable', errorMessage: 'The secret of this row does not open.' });
  });
});
