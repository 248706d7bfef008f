import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hasSendableHeaders } from '../../../src/platform/egress/request-headers.js';
import { checkHeaders, isReservedHeader } from '../../../src/webhooks/endpoints/header-rules.js';

describe('headers of an endpoint', () => {
  it('that are accepted can be sent, whatever they are', () => {
    const name = fc.oneof(fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/), fc.string({ minLength: 1, maxLength: 20 }));
    const value = fc.oneof(
      { weight: 9, arbitrary: fc.stringMatching(/^[!-~]{1,10}( [!-~]{1,10})?$/) },
      { weight: 1, arbitrary: fc.string({ maxLength: 40 }) },
    );
    let accepted = 0;
    fc.assert(
      fc.property(fc.dictionary(name, value, { maxKeys: 3 }), (headers) => {
        const { value: sendable } = checkHeaders(headers);
        if (sendable === null) return;
        accepted += 1;
        expect(hasSendableHeaders(sendable)).toBe(true);
        expect(() => new Headers(sendable)).not.toThrow();
        for (const sent of Object.values(sendable)) expect(sent).toMatch(/^[ -~]+$/);
      }),
      { numRuns: 500 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  it('are reserved in every mix of cases', () => {
    const reserved = fc.constantFrom(
      'host',
      'content-length',
      'webhook-id',
      'x-webhook-signature',
      'proxy-x',
      'traceparent',
      'te',
      'x-forwarded-host',
    );
    fc.assert(
      fc.property(reserved, fc.infiniteStream(fc.boolean()), (name, upper) => {
        const spelled = [...name].map((char) => (upper.next().value ? char.toUpperCase() : char)).join('');
        expect(isReservedHeader(spelled)).toBe(true);
        expect(checkHeaders({ [spelled]: 'x' }).errors).toHaveLength(1);
      }),
    );
  });

  // said once more, so that none gets lost: what an owner could set of these would contradict what we send, sign or vouch for
  it.each([
    'accept-encoding baggage connection content-digest content-encoding content-length content-type cookie digest expect forwarded host',
    'http2-settings keep-alive repr-digest signature signature-input te traceparent tracestate trailer transfer-encoding upgrade user-agent',
    'via x-http-method x-http-method-override x-method-override x-real-ip x-webhook-signature',
    'proxy-authorization webhook-id webhook-timestamp webhook-signature x-forwarded-for x-forwarded-proto',
  ])('that are ours or of the connection are refused: %s', (names) => {
    expect(names.split(' ').filter((name) => checkHeaders({ [name]: 'x' }).errors.length === 0)).toEqual([]);
  });

  it('include those that receivers ask for', () => {
    expect(checkHeaders({ Authorization: 'Basic YTpi', 'X-Api-Key': 'k', 'CF-Access-Client-Id': 'c' })).toEqual({
      value: { authorization: 'Basic YTpi', 'x-api-key': 'k', 'cf-access-client-id': 'c' },
      errors: [],
    });
  });

  it('are judged without walking through a flood of them', () => {
    const flood = Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`bad name ${n}`, 'x']));
    expect(checkHeaders(flood).errors).toEqual([{ field: 'headers', detail: 'At most 20 headers.' }]);
  });

  it.each([1, null, [], {}, true])('are strings, not %j', (value) => {
    expect(checkHeaders({ 'x-a': value }).errors).toHaveLength(1);
  });
});
