import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** An address range as bytes: 4 for IPv4, 16 for IPv6. */
export interface Cidr {
  readonly bytes: readonly number[];
  readonly bits: number;
}

/** The bytes of an address in its usual spelling; null for anything else, also for one with a zone (`fe80::1%eth0`). */
export function addressBytes(address: string): number[] | null {
  // ipaddr.js reads 0x7f.1 and octal too; Node's own test is strict, so it decides what is an address.
  if (isIPv4(address)) return ipaddr.IPv4.parse(address).toByteArray();
  if (isIPv6(address) && !address.includes('%')) return ipaddr.IPv6.parse(address).toByteArray();
  return null;
}

/** `10.0.0.0/8`, `fd00::/8` or a bare address; null when it is none of these. Bits below the prefix are ignored. */
export function parseCidr(text: string): Cidr | null {
  const [, address = '', prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text.trim()) ?? [];
  const bytes = addressBytes(address);
  if (!bytes) return null;
  const bits = prefix === undefined ? bytes.length * 8 : Number(prefix);
  return bits <= bytes.length * 8 ? { bytes, bits } : null;
}

export function contains(range: Cidr, address: readonly number[]): boolean {
  if (range.bytes.length !== address.length) return false;
  const whole = range.bits >> 3;
  for (let i = 0; i < whole; i++) if (range.bytes[i] !== address[i]) return false;
  const mask = (0xff << (8 - (range.bits & 7))) & 0xff;
  return mask === 0 || ((range.bytes[whole]! ^ address[whole]!) & mask) === 0;
}
