import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EndpointLoad } from '../../../src/webhooks/delivery/count-in-flight.js';
import { type QuotaLimits, shareOut } from '../../../src/webhooks/delivery/share-out.js';

const limits: QuotaLimits = { freeSlots: 100, freeSlowSlots: 50, perTurn: 5, endpointMaxInFlight: 10, originMaxInFlight: 50 };

const load = (more: Partial<EndpointLoad> = {}): EndpointLoad => ({
  id: 'a',
  tenant: 't',
  origin: 'https://a.test',
  blocked: false,
  halfOpen: false,
  slowForMs: 0,
  inFlight: 0,
  originInFlight: 0,
  maxInFlight: null,
  rateAllows: null,
  rateForMs: 0,
  latencyMs: 20,
  ...more,
});

const quotaOf = (more: Partial<EndpointLoad>, of: Partial<QuotaLimits> = {}) => shareOut([load(more)], { ...limits, ...of })[0]!;

describe('how send slots are shared out', () => {
  it('gives an endpoint no more than its turn', () => {
    expect(quotaOf({})).toMatchObject({ quota: 5, boundBy: 'turn', slow: false });
  });

  it.each([
    ['a blocked one gets nothing', { blocked: true }, { quota: 0, boundBy: 'blocked' }],
    ['one that asked to be left alone is asked again when it said', { slowForMs: 700 }, { quota: 0, boundBy: 'slow_down', againInMs: 700 }],
    ['a rate bounds it', { rateAllows: 3, rateForMs: 250 }, { quota: 3, boundBy: 'rate', againInMs: 250, limitedRate: true }],
    ['what is on its way counts', { inFlight: 8 }, { quota: 2, boundBy: 'in_flight' }],
    ['its own cap goes before that of the service', { maxInFlight: 3, inFlight: 3 }, { quota: 0, boundBy: 'in_flight' }],
    ['more on its way than allowed is no debt', { maxInFlight: 1, inFlight: 4 }, { quota: 0, boundBy: 'in_flight' }],
    ['a half-open breaker lets one through', { halfOpen: true }, { quota: 1, boundBy: 'in_flight' }],
    ['and not a second', { halfOpen: true, inFlight: 1 }, { quota: 0, boundBy: 'in_flight' }],
    ['its origin is full', { originInFlight: 50 }, { quota: 0, boundBy: 'in_flight' }],
  ])('%s', (_, more, expected) => {
    expect(quotaOf(more)).toMatchObject(expected);
  });

  it.each([
    ['that takes a second', 1_000],
    ['that nobody has heard of yet', null],
  ])('holds an endpoint %s to the slow slots', (_, latencyMs) => {
    expect(quotaOf({ latencyMs }, { freeSlowSlots: 2 })).toMatchObject({ quota: 2, boundBy: 'slots', slow: true });
    expect(quotaOf({ latencyMs }, { freeSlowSlots: 0 })).toMatchObject({ quota: 0, boundBy: 'slots' });
  });

  it('never gives out more than there is, to anybody', () => {
    const anyLoad = fc.record({
      id: fc.uuid(),
      tenant: fc.constantFrom('t', 'u'),
      origin: fc.constantFrom('https://a.test', 'https://b.test'),
      blocked: fc.boolean(),
      halfOpen: fc.boolean(),
      slowForMs: fc.constantFrom(0, 0, 500),
      inFlight: fc.nat(15),
      originInFlight: fc.constant(0),
      maxInFlight: fc.option(fc.nat(20)),
      rateAllows: fc.option(fc.integer({ min: -2, max: 20 })),
      rateForMs: fc.constant(100),
      latencyMs: fc.option(fc.nat(3_000)),
    });
    fc.assert(
      fc.property(
        fc.array(anyLoad, { minLength: 1, maxLength: 60 }),
        fc.nat(150),
        fc.nat(75),
        fc.integer({ min: 1, max: 60 }),
        (drawn, freeSlots, freeSlowSlots, originMaxInFlight) => {
          const byOrigin = Map.groupBy(drawn, ({ tenant, origin }) => `${tenant} ${origin}`);
          const loads = drawn.map((each) => ({
            ...each,
            originInFlight: byOrigin.get(`${each.tenant} ${each.origin}`)!.reduce((sum, { inFlight }) => sum + inFlight, 0),
          }));
          const quotas = shareOut(loads, { ...limits, freeSlots, freeSlowSlots, originMaxInFlight });
          const sum = (of: typeof quotas) => of.reduce((total, { quota }) => total + quota, 0);
          expect(quotas.every(({ quota }) => quota >= 0)).toBe(true);
          expect(sum(quotas)).toBeLessThanOrEqual(freeSlots);
          expect(sum(quotas.filter(({ slow }) => slow))).toBeLessThanOrEqual(freeSlowSlots);
          loads.forEach((each, index) => {
            const { quota } = quotas[index]!;
            if (each.blocked || each.slowForMs > 0) expect(quota).toBe(0);
            if (quota > 0) expect(each.inFlight + quota).toBeLessThanOrEqual(each.halfOpen ? 1 : (each.maxInFlight ?? 10));
          });
          for (const [key, group] of Map.groupBy(quotas, ({ originKey }) => originKey)) {
            const before = loads.find(({ tenant, origin }) => `${tenant} ${origin}` === key)!.originInFlight;
            if (sum(group) > 0) expect(before + sum(group)).toBeLessThanOrEqual(originMaxInFlight);
          }
        },
      ),
    );
  });
});
