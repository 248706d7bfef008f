import { describe, expect, it } from '@jest/globals';
import { DEAD_REASONS, OUTBOX_MOVES, OUTBOX_STATUSES, type OutboxStatus, SETTLED_STATUSES } from '../../../src/webhooks/outbox/states.js';

function reachable(from: OutboxStatus): Set<OutboxStatus> {
  const seen = new Set<OutboxStatus>([from]);
  for (const status of seen) for (const to of Object.keys(OUTBOX_MOVES[status]) as OutboxStatus[]) seen.add(to);
  return seen;
}

describe('the life of an outbox row', () => {
  it('has moves for every status, to known statuses, each with somebody who makes it', () => {
    expect(Object.keys(OUTBOX_MOVES).sort()).toEqual([...OUTBOX_STATUSES].sort());
    for (const moves of Object.values(OUTBOX_MOVES)) {
      for (const [to, movers] of Object.entries(moves)) {
        expect(OUTBOX_STATUSES).toContain(to);
        expect(movers.length).toBeGreaterThan(0);
      }
    }
  });

  it('is the diagram of the design', () => {
    const moves = OUTBOX_STATUSES.flatMap((from) => Object.keys(OUTBOX_MOVES[from]).map((to) => `${from} > ${to}`));
    expect(moves.sort()).toEqual(
      [
        'pending > delivering',
        'pending > held',
        'pending > dead',
        'pending > delivered',
        'delivering > delivered',
        'delivering > pending',
        'delivering > dead',
        'delivering > delivering',
        'delivering > held',
        'held > pending',
        'held > dead',
        'held > delivered',
        'delivered > pending',
        'delivered > held',
        'dead > pending',
        'dead > held',
      ].sort(),
    );
  });

  it('comes to rest in delivered and dead, which only a person leaves', () => {
    expect([...SETTLED_STATUSES].sort()).toEqual(['dead', 'delivered']);
    for (const status of SETTLED_STATUSES) {
      expect(Object.values(OUTBOX_MOVES[status]).flat()).toEqual(['redeliver', 'redeliver']);
    }
  });

  it('leads from everywhere to everywhere: nothing is lost and nothing is stuck', () => {
    for (const status of OUTBOX_STATUSES) expect([...reachable(status)].sort()).toEqual([...OUTBOX_STATUSES].sort());
  });

  it('reaches delivering by a claim alone', () => {
    for (const status of OUTBOX_STATUSES) expect(OUTBOX_MOVES[status].delivering ?? ['claim']).toEqual(['claim']);
  });

  it('lists the dead reasons of the contract', () => {
    expect([...DEAD_REASONS].sort()).toEqual(
      'blocked_target crash_loop endpoint_deleted exhausted gone held_too_long payload_rejected undeliverable'.split(' '),
    );
  });
});
