import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type AddressVerdict, judgeAddress, sameAddress } from '../../../src/platform/egress/address-rules.js';
import { egressRules } from '../../../src/platform/egress/rules.js';
import {
  blockedIPv4,
  blockedIPv6,
  numberOfIPv4,
  numberOfIPv6,
  specialIPv6Prefixes,
  textOfIPv4,
  textOfIPv6,
} from './support/special-ranges.js';

const judge = (address: string, ...allowCidrs: string[]): AddressVerdict =>
  judgeAddress(address, egressRules({ allowCidrs, allowHttp: false }).allowCidrs);

const families = [
  { name: 'IPv4', ranges: blockedIPv4, bits: 32n, number: numberOfIPv4, text: textOfIPv4 },
  { name: 'IPv6', ranges: blockedIPv6, bits: 128n, number: numberOfIPv6, text: textOfIPv6 },
];

describe.each(families)('An $name address', ({ ranges, bits, number, text }) => {
  const blocked = ranges.map(([first, last]) => [number(first), number(last)] as const);
  const expected = (n: bigint): AddressVerdict => (blocked.some(([first, last]) => first <= n && n <= last) ? 'blocked' : 'public');
  const last = (1n << bits) - 1n;

  it('is judged right at the first and last address of every special range and at their neighbours', () => {
    for (const [first, end] of blocked) {
      for (const n of [first, first + 1n, end - 1n, end, first - 1n, end + 1n]) {
        if (n >= 0n && n <= last) expect([text(n), judge(text(n))]).toEqual([text(n), expected(n)]);
      }
    }
  });

  it('is judged right anywhere in and around the ranges', () => {
    const inRange = fc.constantFrom(...blocked).chain(([first, end]) => fc.bigInt({ min: first, max: end }));
    fc.assert(fc.property(fc.oneof(inRange, fc.bigInt({ min: 0n, max: last })), (n) => judge(text(n)) === expected(n)));
  });
});

describe('An IPv6 address with an IPv4 address inside', () => {
  it.each([
    '::1',
    '::7f00:1',
    '::5efe:7f00:1',
    '::ffff:7f00:1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    '64:ff9b::808:808',
    '64:ff9b:1::7f00:1',
    '64:ff9b:2::1',
    '2002:7f00:1::',
    '2001:0:7f00:1::',
    'fd00:ec2::254',
    'fe80::1',
    'ff02::1',
    '100::1',
  ])('%s is not public', (address) => {
    expect(judge(address)).toBe('blocked');
  });
});

describe('A special prefix of IPv6', () => {
  it.each(specialIPv6Prefixes)('%s is closed from its first to its last address', (prefix) => {
    const [address = '', length] = prefix.split('/');
    const first = numberOfIPv6(address);
    const last = first + (1n << BigInt(128 - Number(length))) - 1n;
    fc.assert(
      fc.property(fc.bigInt({ min: first, max: last }), (n) => judge(textOfIPv6(n)) === 'blocked'),
      { examples: [[first], [last]], numRuns: 50 },
    );
  });
});

describe('Any IPv4 address inside an IPv6 one', () => {
  const forms: [name: string, carry: (v4: bigint) => bigint][] = [
    ['IPv4-compatible', (v4) => v4],
    ['IPv4-mapped', (v4) => numberOfIPv6('::ffff:0:0') | v4],
    ['IPv4-translated', (v4) => numberOfIPv6('::ffff:0:0:0') | v4],
    ['NAT64', (v4) => numberOfIPv6('64:ff9b::') | v4],
    ["NAT64 of one's own", (v4) => numberOfIPv6('64:ff9b:1::') | v4],
    ['6to4', (v4) => numberOfIPv6('2002::') | (v4 << 80n)],
    ['Teredo', (v4) => numberOfIPv6('2001::') | (v4 ^ 0xffffffffn)],
    ['ISATAP behind a public prefix', (v4) => numberOfIPv6('2a00:1450:4001:80b:0:5efe:0:0') | v4],
    ['ISATAP with a public IPv4 address', (v4) => numberOfIPv6('2a00:1450:4001:80b:200:5efe:0:0') | v4],
  ];

  it.each(forms)('is not public as %s', (_, carry) => {
    const first = numberOfIPv4('127.0.0.1');
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 0xffffffffn }), (v4) => judge(textOfIPv6(carry(v4))) === 'blocked'),
      { examples: [[first], [0n], [0xffffffffn]], numRuns: 50 },
    );
  });

  it('is public where nothing says that it is one', () => {
    expect(judge('2a00:1450:4001:80b::7f00:1')).toBe('public');
  });
});

describe('What is no address', () => {
  it.each(['', 'localhost', '127.1', '0x7f.0.0.1', '0177.0.0.1', '1.2.3.4.5', 'fe80::1%eth0', '[::1]', '8.8.8.8/32', ' 8.8.8.8'])(
    '%j is blocked',
    (text) => {
      expect(judge(text)).toBe('blocked');
    },
  );
});

describe('An allowed range', () => {
  it('allows what lies in it and nothing beside it', () => {
    expect(judge('127.0.0.1', '127.0.0.0/8')).toBe('allowed');
    expect(judge('10.0.0.1', '127.0.0.0/8')).toBe('blocked');
    expect(judge('::1', '127.0.0.0/8')).toBe('blocked');
    expect(judge('fd00::1', '127.0.0.0/8', 'fd00::/8')).toBe('allowed');
    expect(judge('8.8.8.8', '127.0.0.0/8')).toBe('public');
  });

  it('of one address is that address', () => {
    expect(judge('10.0.0.5', '10.0.0.5')).toBe('allowed');
    expect(judge('10.0.0.6', '10.0.0.5')).toBe('blocked');
  });

  it('of IPv4 holds for the mapped spelling, which is blocked otherwise', () => {
    expect(judge('::ffff:127.0.0.1', '127.0.0.0/8')).toBe('allowed');
    expect(judge('::ffff:10.0.0.1', '127.0.0.0/8')).toBe('blocked');
  });

  it('contains an address exactly when its first bits are equal', () => {
    const address = fc.bigInt({ min: 0n, max: (1n << 32n) - 1n });
    fc.assert(
      fc.property(address, address, fc.integer({ min: 0, max: 32 }), (base, n, bits) => {
        const shift = BigInt(32 - bits);
        const inside = base >> shift === n >> shift;
        return (judge(textOfIPv4(n), `${textOfIPv4(base)}/${bits}`) === 'allowed') === inside;
      }),
    );
  });

  it.each(['', '127.0.0.0/33', 'fd00::/129', '10/8', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', 'localhost', '0x7f.0.0.1/8'])(
    'that reads %j is refused by name of its setting',
    (text) => {
      expect(() => judge('8.8.8.8', text)).toThrow(`POSTBACK_EGRESS_ALLOW_CIDRS: "${text}" is not an address range`);
    },
  );
});

describe('Two spellings', () => {
  it('of one address are the same address', () => {
    expect(sameAddress('2001:db8::1', '2001:0db8:0:0::1')).toBe(true);
    expect(sameAddress('1.2.3.4', '1.2.3.5')).toBe(false);
    expect(sameAddress('1.2.3.4', '::ffff:1.2.3.4')).toBe(false);
    expect(sameAddress('x', 'x')).toBe(false);
  });
});
