import { addressBytes, type Cidr, contains, parseCidr } from './cidr.js';

/** `allowed` is what config lifts: no other rule applies to it. */
export type AddressVerdict = 'public' | 'allowed' | 'blocked';

/**
 * IANA's special-purpose registry for IPv4, also the few entries that are routed (AS112 sinks, AMT): none is a receiver.
 * Besides it 168.63.129.16, which answers only from inside Azure and hands out a machine's settings there.
 */
const specialIPv4 = ranges(
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
);

/**
 * IPv6 is closed outside global unicast. That alone covers loopback, every form that carries an IPv4 address in its last bits
 * (`::7f00:1`, `::ffff:127.0.0.1`, `64:ff9b::7f00:1`, `64:ff9b:2::1`), unique local, link-local and multicast, without a list to forget one in.
 */
const globalUnicast = ranges('2000::/3');

/** What is special inside global unicast: IETF assignments with Teredo, 6to4 (an IPv4 address inside), documentation, AS112. */
const specialIPv6 = ranges('2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20');

export function judgeAddress(address: string, allowCidrs: readonly Cidr[]): AddressVerdict {
  const bytes = addressBytes(address);
  if (!bytes) return 'blocked';
  // ::ffff:a.b.c.d reaches the IPv4 address, so that is what a CIDR may allow. It is never public: nobody needs to spell it so.
  const reached = mappedIPv4(bytes) ?? bytes;
  if (allowCidrs.some((range) => contains(range, reached))) return 'allowed';
  return isPublic(bytes) ? 'public' : 'blocked';
}

/** The same address, whatever its spelling. */
export function sameAddress(a: string, b: string): boolean {
  const left = addressBytes(a);
  const right = addressBytes(b);
  return left !== null && right !== null && left.length === right.length && left.every((byte, i) => byte === right[i]);
}

function isPublic(bytes: readonly number[]): boolean {
  const within = (range: Cidr) => contains(range, bytes);
  if (bytes.length === 4) return !specialIPv4.some(within);
  return globalUnicast.some(within) && !specialIPv6.some(within) && !isIsatap(bytes);
}

/** RFC 5214, section 6.1: an interface id of 0:5efe or 200:5efe carries an IPv4 address behind whatever prefix. */
function isIsatap(bytes: readonly number[]): boolean {
  return (bytes[8]! & 0xfd) === 0 && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe;
}

function mappedIPv4(bytes: readonly number[]): number[] | null {
  const mapped = bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return mapped ? bytes.slice(12) : null;
}

function ranges(...texts: string[]): Cidr[] {
  return texts.map((text) => parseCidr(text)!);
}
