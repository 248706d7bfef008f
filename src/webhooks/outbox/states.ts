/** The life of an outbox row: one event on its way to one endpoint. The database's CHECK holds the same words. */
export const OUTBOX_STATUSES = ['pending', 'delivering', 'delivered', 'held', 'dead'] as const;
export type OutboxStatus = (typeof OUTBOX_STATUSES)[number];

/** At rest: nothing moves the row by itself any more, only a person (or SQL) who asks for it again. */
export const SETTLED_STATUSES = ['delivered', 'dead'] as const satisfies readonly OutboxStatus[];

/**
 * Who moves a row.
 * - `claim`: a dispatcher takes a due row under a lease, also one whose former lease expired.
 * - `finish`: the holder of the lease writes down how its attempt ended, or gives the row back.
 * - `sweep`: makes rows agree with the state of their endpoint, and ends those held too long.
 * - `redeliver`: a person, through the API or by a plain UPDATE.
 */
export type OutboxMover = 'claim' | 'finish' | 'sweep' | 'redeliver';

/** Every allowed move, and who makes it. What is not listed is a bug. */
export const OUTBOX_MOVES: Record<OutboxStatus, Partial<Record<OutboxStatus, readonly OutboxMover[]>>> = {
  // By the sweep to the end: its endpoint was deleted.
  pending: { delivering: ['claim'], held: ['sweep'], dead: ['sweep'], delivered: ['sweep'] },
  delivering: {
    delivered: ['finish', 'sweep'],
    pending: ['finish'],
    // By the sweep: five leases in a row expired, so the row itself seems to kill its dispatchers.
    dead: ['finish', 'sweep'],
    delivering: ['claim'],
    held: ['sweep'],
  },
  // To `delivered`: a redelivery that was held too long, of a row that had arrived once.
  held: { pending: ['sweep', 'redeliver'], dead: ['sweep'], delivered: ['sweep'] },
  // To `held`: the endpoint is paused, disabled or its breaker is open.
  delivered: { pending: ['redeliver'], held: ['redeliver'] },
  dead: { pending: ['redeliver'], held: ['redeliver'] },
};

/**
 * Why a row gets no more automatic attempts.
 * - `exhausted`: as many attempts were charged as its schedule has.
 * - `gone`: the receiver answered 410.
 * - `blocked_target`: the egress rules forbid the URL or what its name resolves to.
 * - `payload_rejected`: the receiver answered 413 and there is no smaller body to send.
 * - `endpoint_deleted`: its endpoint was deleted while it waited, or its row was, by hand.
 * - `undeliverable`: the row itself cannot be sent: its secret does not open, its URL is broken.
 * - `crash_loop`: five attempts in a row ended with their dispatcher's lease.
 * - `held_too_long`: its endpoint stayed blocked beyond `POSTBACK_HELD_MAX_AGE_MS`.
 */
export const DEAD_REASONS = [
  'exhausted',
  'gone',
  'blocked_target',
  'payload_rejected',
  'endpoint_deleted',
  'undeliverable',
  'crash_loop',
  'held_too_long',
] as const;
export type DeadReason = (typeof DEAD_REASONS)[number];
