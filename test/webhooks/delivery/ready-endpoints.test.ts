import { describe, expect, it } from '@jest/globals';
import { ReadyEndpoints } from '../../../src/webhooks/delivery/ready-endpoints.js';

describe('the line of endpoints with due rows', () => {
  it('is served in turn, and nobody stands in it twice', () => {
    const ready = new ReadyEndpoints();
    for (const id of ['a', 'b', 'a', 'c']) ready.add(id);
    expect(ready.take(2, 0)).toEqual(['a', 'b']);
    ready.add('a');
    expect(ready.take(9, 0)).toEqual(['c', 'a']);
    expect(ready.any(1)).toBe(false);
  });

  it('lets quick endpoints pass slow ones that have no slots', () => {
    const ready = new ReadyEndpoints();
    ready.remember('slow', { slow: true });
    ready.add('slow');
    ready.add('quick');
    expect(ready.take(5, 0)).toEqual(['quick']);
    expect(ready.any(0)).toBe(false);
    expect(ready.take(5, 1)).toEqual(['slow']);
  });

  it('remembers no more slow endpoints than it has room for, those heard of last', () => {
    const ready = new ReadyEndpoints();
    for (let i = 0; i <= 10_000; i += 1) ready.remember(`one-off ${i}`, { slow: true });
    for (const id of ['one-off 0', 'one-off 1']) ready.add(id);
    expect(ready.take(5, 0)).toEqual(['one-off 0']); // forgotten, and so taken for a quick one
    expect(ready.take(5, 5)).toEqual(['one-off 1']);
  });

  it('leaves a parked endpoint out until something ends at its origin', () => {
    const ready = new ReadyEndpoints();
    ready.park('a', 'origin');
    ready.unpark('another');
    expect(ready.any(1)).toBe(false);
    ready.unpark('origin');
    expect(ready.take(1, 0)).toEqual(['a']);
  });
});
