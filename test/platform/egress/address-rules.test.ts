import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type AddressVerdict, judgeAddress, sameAddress } from '../../../src/platform/egress/address-rules.js';
import { egressRules } from '../../../src/platform/egress/rules.js';

const judge = (address: string, ...allowCidrs: string[]): AddressVerdict =>
  judgeAddress(address, egressRules({ allowCidrs, allowHttp: false }).allowCidrs);

/** First and last address of each range that is not public, written out by hand so that the code's own list is not its judge. */
const blockedIPv4 = [
  ['0.0.0.0', '0.255.255.255'],
  ['10.0.0.0', '10.255.255.255'],
  ['100.64.0.0', '100.127.255.255'],
  ['127.0.0.0', '127.255.255.255'],
  ['168.63.129.16', '168.63.129.16'],
  ['169.254.0.0', '169.254.255.255'],
  ['172.16.0.0', '172.31.255.255'],
  ['192.0.0.0', '192.0.0.255'],
  ['192.0.2.0', '192.0.2.255'],
  ['192.31.196.0', '192.31.196.255'],
  ['192.52.193.0', '192.52.193.255'],
  ['192.88.99.0', '192.88.99.255'],
  ['192.168.0.0', '192.168.255.255'],
  ['192.175.48.0', '192.175.48.255'],
  ['198.18.0.0', '198.19.255.255'],
  ['198.51.100.0', '198.51.100.255'],
  ['203.0.113.0', '203.0.113.255'],
  ['224.0.0.0', '255.255.255.255'],
] as const;

const blockedIPv6 = [
  ['::', '1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2002::', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2620:4f:8000::', '2620:4f:8000:ffff:ffff:ffff:ffff:ffff'],
  ['3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['4000::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
] as const;

const numberOfIPv4 = (address: string): bigint => address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
const textOfIPv4 = (n: bigint): string => [24n, 16n, 8n, 0n].map((shift) => (n >> shift) & 255n).join('.');

function numberOfIPv6(address: string): bigint {
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = !tail ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}

function textOfIPv6(n: bigint): string {
  return Array.from({ length: 8 }, (_, i) => ((n >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(':');
}

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
