import { describe, expect, it } from '@jest/globals';
import { SendSlots } from '../../../src/webhooks/delivery/send-slots.js';

describe('the send slots of a dispatcher', () => {
  it('are all there for quick endpoints, and half of them for slow ones', () => {
    const slots = new SendSlots(8, () => 0);
    expect(slots.free()).toEqual({ slots: 8, slowSlots: 4 });
    for (let i = 0; i < 4; i += 1) slots.begin(true);
    expect(slots.free()).toEqual({ slots: 4, slowSlots: 0 });
    for (let i = 0; i < 4; i += 1) slots.begin(false);
    expect(slots.free()).toEqual({ slots: 0, slowSlots: 0 });
  });

  it('come back to quick endpoints when requests turn out to be slow on the way', () => {
    let now = 0;
    const slots = new SendSlots(8, () => now);
    const flights = Array.from({ length: 8 }, () => slots.begin(false));
    expect(slots.free().slots).toBe(0);
    now = 1_001;
    expect(slots.free()).toEqual({ slots: 4, slowSlots: 0 });
    for (const flight of flights) slots.end(flight);
    expect(slots.free()).toEqual({ slots: 8, slowSlots: 4 });
  });
});
