import { describe, expect, it } from '@jest/globals';
import { TenantLines } from '../../src/tasks/tenant-lines.js';

const filled = (counts: Record<string, number>) => {
  const lines = new TenantLines<string>();
  for (const [tenant, count] of Object.entries(counts)) for (let n = 1; n <= count; n += 1) lines.push(tenant, `${tenant}${n}`);
  return lines;
};

describe('the lines of tenants', () => {
  it('are served in turn: a flood of one leaves the others their place in the next group', () => {
    const lines = filled({ flood: 1_000, a: 1, b: 2 });
    expect(lines.take(5)).toEqual(['flood1', 'a1', 'b1', 'flood2', 'b2']);
    expect(lines.take(3)).toEqual(['flood3', 'flood4', 'flood5']);
    lines.push('late', 'late1');
    expect(lines.take(2)).toEqual(['flood6', 'late1']);
    expect([lines.size, lines.of('flood'), lines.of('a')]).toEqual([994, 994, 0]);
  });

  it('go on with whose turn it is, and keep the order within a tenant', () => {
    const lines = filled({ a: 3, b: 3, c: 3 });
    expect([lines.take(1), lines.take(1), lines.take(1), lines.take(1)].flat()).toEqual(['a1', 'b1', 'c1', 'a2']);
    expect(lines.take(100)).toEqual(['b2', 'c2', 'a3', 'b3', 'c3']);
    expect([lines.take(1), lines.size]).toEqual([[], 0]);
  });
});
