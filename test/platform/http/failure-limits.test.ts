import { describe, expect, it } from '@jest/globals';
import { FailureLimits } from '../../../src/platform/http/failure-limits.js';

const limits = () => new FailureLimits({ burst: 3, refillMs: 1_000 });

/** How often one may begin at `now` without success. */
const tries = (limited: FailureLimits, address: string, now: number) =>
  Array.from({ length: 10 }, () => limited.begin(address, now)).filter((wait) => wait === null).length;

describe('FailureLimits', () => {
  it('allows so many failures at once, then one for each while', () => {
    const limited = limits();
    expect(tries(limited, '192.0.2.1', 0)).toBe(3);
    expect(limited.begin('192.0.2.1', 0)).toBe(1);
    expect(tries(limited, '192.0.2.1', 1_000)).toBe(1);
    expect(tries(limited, '192.0.2.1', 60_000)).toBe(3);
  });

  it('holds no success against anybody', () => {
    const limited = limits();
    for (let time = 0; time < 20; time += 1) {
      expect(limited.begin('192.0.2.1', 0)).toBeNull();
      limited.succeeded('192.0.2.1');
    }
    expect(tries(limited, '192.0.2.1', 0)).toBe(3);
  });

  it.each([
    ['one network of IPv6', '2001:db8:1:2::1', '2001:db8:1:2:ffff::9', 0],
    ['two networks of IPv6', '2001:db8:1:2::1', '2001:db8:1:3::1', 3],
    ['the two spellings of an IPv4 address', '192.0.2.1', '::ffff:192.0.2.1', 0],
    ['two IPv4 addresses', '192.0.2.1', '192.0.2.2', 3],
  ])('counts %s', (_, first, second, left) => {
    const limited = limits();
    tries(limited, first, 0);
    expect(tries(limited, second, 0)).toBe(left);
  });

  it('remembers a bounded number of addresses', () => {
    const limited = limits();
    for (let n = 0; n < 30_000; n += 1) limited.begin(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, 0);
    expect((limited as unknown as { clearAt: Map<string, number> }).clearAt.size).toBeLessThanOrEqual(10_000);
  });
});
