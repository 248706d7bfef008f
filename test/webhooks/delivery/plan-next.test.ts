import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ExchangeErrorCode, ExchangeResponse } from '../../../src/platform/egress/exchange.js';
import { judge, released, type Verdict } from '../../../src/webhooks/delivery/outcome.js';
import { type Moment, planNext, type RowBefore } from '../../../src/webhooks/delivery/plan-next.js';
import { defaultRetryPolicy, maxAttempts } from '../../../src/webhooks/delivery/retry-schedule.js';
import { DEAD_REASONS } from '../../../src/webhooks/outbox/states.js';

const minute = 60_000;
const fresh: RowBefore = { attemptsCharged: 0, maxAttempts: 11, everDelivered: false };
const moment: Moment = { nowMs: Date.UTC(2026, 10, 8, 8, 49, 37), random: 0 };

function answered(status: number, headers: ExchangeResponse['headers'] = {}, thinAvailable = false): Verdict {
  const exchange = {
    kind: 'response',
    status,
    headers,
    excerpt: '',
    truncated: false,
    firstByteMs: 1,
    durationMs: 2,
    reused: false,
  } as const;
  return judge(exchange, { thinAvailable });
}

function failed(code: ExchangeErrorCode): Verdict {
  return judge({ kind: 'failure', phase: 'before', code, message: 'No.', timedOut: false, durationMs: 1, reused: false });
}

function plan(verdict: Verdict, row: Partial<RowBefore> = {}, at: Partial<Moment> = {}) {
  return planNext(verdict, { ...fresh, ...row }, defaultRetryPolicy, { ...moment, ...at });
}

describe('planNext', () => {
  it('walks a failing row through the whole default schedule and then ends it', () => {
    const delays: number[] = [];
    let row = fresh;
    for (let attempt = 1; attempt <= maxAttempts(defaultRetryPolicy); attempt++) {
      const next = plan(answered(500), row);
      row = { ...row, attemptsCharged: next.attemptsCharged };
      if (next.status === 'pending') delays.push(next.delayMs / minute);
      else expect([attempt, next]).toEqual([11, { status: 'dead', attemptsCharged: 11, reason: 'exhausted' }]);
    }
    expect(delays).toEqual([0, 1, 2, 4, 8, 16, 32, 64, 128, 256]);
  });

  it('takes a delivery for the end, whatever came before', () => {
    expect(plan(answered(204), { attemptsCharged: 10 })).toEqual({ status: 'delivered', attemptsCharged: 10, insteadOf: null });
  });

  it.each([
    ['gone', answered(410), 1],
    ['payload_rejected', answered(413), 1],
    ['blocked_target', failed('blocked_target'), 0],
    ['undeliverable', failed('invalid_request'), 0],
  ] as const)('ends a row as %s at once, since trying again is pointless', (reason, verdict, attemptsCharged) => {
    expect(plan(verdict)).toEqual({ status: 'dead', attemptsCharged, reason });
  });

  it('is exhausted by a single failure when no retries are allowed', () => {
    expect(plan(answered(500), { maxAttempts: 1 })).toEqual({ status: 'dead', attemptsCharged: 1, reason: 'exhausted' });
  });

  it('is exhausted when the row has more charges than attempts, as after a change by hand', () => {
    expect(plan(answered(500), { attemptsCharged: 40 })).toMatchObject({ status: 'dead', reason: 'exhausted' });
  });

  it('never ends a row for trouble of ours, even one whose charges are spent', () => {
    expect(plan(failed('dns_timeout'), { attemptsCharged: 11 })).toMatchObject({ status: 'pending', attemptsCharged: 11 });
  });

  it('backs off from our own trouble 5 s doubling to 5 min, without a charge and without an end', () => {
    const waits = [undefined, 0, 1, 2, 6, 1_000].map((unchargedInRow) =>
      plan(failed('dns_timeout'), { unchargedInRow, attemptsCharged: 10 }),
    );
    expect(waits).toEqual(
      [5, 5, 10, 20, 300, 300].map((seconds) => ({ status: 'pending', attemptsCharged: 10, delayMs: seconds * 1_000 })),
    );
  });

  it('makes a released row due at once', () => {
    expect(plan(released('Shutting down.'), { unchargedInRow: 5 }, { random: 0.9 })).toEqual({
      status: 'pending',
      attemptsCharged: 0,
      delayMs: 0,
    });
    expect(plan(failed('aborted'))).toEqual({ status: 'pending', attemptsCharged: 0, delayMs: 0 });
  });

  it('sends the thin body at once, late in the schedule too, and charges the 413', () => {
    expect(plan(answered(413, {}, true), { attemptsCharged: 8 })).toEqual({ status: 'pending', attemptsCharged: 9, delayMs: 0 });
    expect(plan(answered(413, {}, true), { attemptsCharged: 10 })).toMatchObject({ status: 'dead', reason: 'exhausted' });
  });

  it('waits for the later of schedule and Retry-After', () => {
    const wait = (retryAfter: string, attemptsCharged: number) => plan(answered(503, { 'retry-after': retryAfter }), { attemptsCharged });
    expect(wait('90', 0)).toMatchObject({ delayMs: 90_000 });
    expect(wait('90', 1)).toMatchObject({ delayMs: 90_000 });
    expect(wait('90', 2)).toMatchObject({ delayMs: 2 * minute });
    expect(wait('Sun, 08 Nov 2026 08:59:37 GMT', 2)).toMatchObject({ delayMs: 10 * minute });
    expect(wait('-5', 2)).toMatchObject({ delayMs: 2 * minute });
  });

  it('clamps Retry-After, to a day when nothing else is said', () => {
    expect(plan(answered(429, { 'retry-after': '999999999' }))).toMatchObject({ delayMs: 24 * 60 * minute });
    expect(plan(answered(429, { 'retry-after': '999999999' }), {}, { maxRetryAfterMs: 1_000 })).toMatchObject({ delayMs: 1_000 });
  });

  it('ignores Retry-After of answers that do not slow the endpoint', () => {
    expect(plan(answered(500, { 'retry-after': '90' }))).toMatchObject({ delayMs: 0 });
  });

  it('gives a redelivered row back to delivered when its new schedule ends badly', () => {
    const row = { everDelivered: true, attemptsCharged: 10 };
    expect(plan(answered(500), row)).toEqual({ status: 'delivered', attemptsCharged: 11, insteadOf: 'exhausted' });
    expect(plan(answered(410), row)).toEqual({ status: 'delivered', attemptsCharged: 11, insteadOf: 'gone' });
    expect(plan(failed('blocked_target'), row)).toEqual({ status: 'delivered', attemptsCharged: 10, insteadOf: 'blocked_target' });
    expect(plan(answered(500), { everDelivered: true })).toMatchObject({ status: 'pending' });
  });

  it('gives every verdict one next state with whole, finite numbers', () => {
    const verdict = fc.oneof(
      fc.integer({ min: 100, max: 999 }).map((status) => answered(status, { 'retry-after': '17' }, status % 2 === 1)),
      fc.constantFrom<ExchangeErrorCode>('dns_failed', 'connect_refused', 'aborted', 'blocked_target', 'response_timeout').map(failed),
    );
    const row = fc.record({
      attemptsCharged: fc.nat(),
      maxAttempts: fc.nat(),
      unchargedInRow: fc.nat(),
      everDelivered: fc.boolean(),
    });
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(verdict, row, random, (any, before, chance) => {
        const next = planNext(any, before, defaultRetryPolicy, { ...moment, random: chance });
        expect(next.attemptsCharged - before.attemptsCharged).toBe(any.charged ? 1 : 0);
        if (next.status === 'pending') expect(Number.isSafeInteger(next.delayMs) && next.delayMs >= 0).toBe(true);
        if (next.status === 'dead') expect(DEAD_REASONS.includes(next.reason) && !before.everDelivered).toBe(true);
        if (next.status === 'pending' && any.charged) expect(next.attemptsCharged).toBeLessThan(before.maxAttempts);
      }),
      { numRuns: 1_000 },
    );
  });
});
