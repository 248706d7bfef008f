import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fingerprint } from '../../../src/platform/secrets/fingerprint.js';

const key = Buffer.alloc(32, 1);

describe('fingerprint', () => {
  it('is HMAC-SHA256 over purpose and parts, each behind its length in 8 bytes', () => {
    const bytes = Buffer.from('0000000000000001' + '70' + '0000000000000003' + 'e282ac', 'hex');
    expect(fingerprint(key, 'p', '€')).toEqual(createHmac('sha256', key).update(bytes).digest());
  });

  it('differs whenever the parts differ, also when they join to the same text', () => {
    const parts = fc.array(fc.string({ unit: 'grapheme', maxLength: 3 }), { maxLength: 4 });
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        expect(fingerprint(key, 'p', ...one).equals(fingerprint(key, 'p', ...other))).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
    expect(fingerprint(key, 'p', 'ab', 'c')).not.toEqual(fingerprint(key, 'p', 'a', 'bc'));
    expect(fingerprint(key, 'p', 'a', '')).not.toEqual(fingerprint(key, 'p', 'a'));
    expect(fingerprint(key, 'pa')).not.toEqual(fingerprint(key, 'p', 'a'));
  });

  it('differs by purpose and by key', () => {
    expect(fingerprint(key, 'secret', 'x')).not.toEqual(fingerprint(key, 'body', 'x'));
    expect(fingerprint(key, 'p', 'x')).not.toEqual(fingerprint(Buffer.alloc(32, 2), 'p', 'x'));
  });

  it('takes bytes and text alike', () => {
    expect(fingerprint(key, 'p', Buffer.from('é', 'utf8'))).toEqual(fingerprint(key, 'p', 'é'));
  });
});
