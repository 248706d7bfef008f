import { describe, expect, it } from '@jest/globals';
import { digestOf, planRun } from '../../chaos/run.js';
import { planFaults } from '../../chaos/schedule.js';
import { FAIL_POINTS } from '../../src/platform/lifecycle/fail-point.js';

const SECONDS = 60;
const digest = (seed: number, seconds = SECONDS) => digestOf(planRun(seed, seconds, planFaults(seed, seconds)));

/** Every way in which a run breaks the service: what the page on guarantees lists. */
const KINDS = [
  ...['kill', 'fail-point', 'terminate', 'freeze', 'shift-clock', 'wipe-queue'],
  ...['postgres-restart', 'postgres-immediate-stop', 'postgres-kill', 'terminate-backends', 'freeze-backend', 'lock-table'],
  ...['network-delay', 'network-drop', 'network-reset'],
];

describe('the schedule of a chaos run', () => {
  it('is the same for the same seed, in faults and in load', () => {
    expect(digest(7)).toBe(digest(7));
    expect(new Set([digest(7), digest(8), digest(7, SECONDS + 1)]).size).toBe(3);
  });

  it.each(Array.from({ length: 20 }, (_, i) => i + 1))('has every kind of fault within a minute: seed %i', (seed) => {
    const kinds = new Set(planFaults(seed, SECONDS).map(({ fault }) => fault.kind));
    expect([...kinds].sort()).toEqual([...KINDS].sort());
  });

  it('comes to every fail point in twenty seeds', () => {
    const faults = Array.from({ length: 20 }, (_, i) => planFaults(i + 1, SECONDS)).flat();
    const points = new Set(faults.flatMap(({ fault }) => (fault.kind === 'fail-point' ? [fault.point] : [])));
    expect([...points].sort()).toEqual([...FAIL_POINTS].sort());
  });
});
