import type { Random } from '../support/random.js';

/** How one request is answered. `afterMs` counts from its last byte, or, when the body is not read, from its headers. */
export type Reaction =
  | { kind: 'answer'; status: number; afterMs: number; headers?: Record<string, string> }
  /** The status line leaves before the body was read, which is thrown away. */
  | { kind: 'answer-unread'; status: number }
  /** The status line and a part of the body, and then the connection breaks. */
  | { kind: 'answer-and-break'; status: number }
  /** The connection breaks: before the body was read, or after all of it was. */
  | { kind: 'reset'; when: 'unread' | 'read' }
  | { kind: 'silence' };

const ok: Reaction = { kind: 'answer', status: 200, afterMs: 0 };

/** What the deadline of the service is in a chaos run, in ms: some receivers are just too late for it. */
export const DELIVERY_TIMEOUT_MS = 1_500;

/** The receivers of the fleet, each with a mind of its own. */
export const TEMPERS = {
  good: () => ok,
  quick: () => ok,
  slow: (random) => ({ kind: 'answer', status: 200, afterMs: random.between(50, 900) }),
  flaky: (random) => (random.chance(0.4) ? { kind: 'answer', status: random.pick([500, 502, 404, 301]), afterMs: 5 } : ok),
  busy: (random) =>
    random.chance(0.25) ? { kind: 'answer', status: random.pick([429, 503]), afterMs: 0, headers: { 'retry-after': '1' } } : ok,
  breaking: (random) => (random.chance(0.35) ? { kind: 'reset', when: random.pick(['unread', 'read']) } : ok),
  careless: (random) =>
    random.pick<Reaction>([
      ok,
      { kind: 'answer-unread', status: 200 },
      { kind: 'answer-and-break', status: 200 },
      { kind: 'answer', status: 204, afterMs: 0 },
    ]),
  late: (random) => (random.chance(0.15) ? { kind: 'answer', status: 200, afterMs: DELIVERY_TIMEOUT_MS + 500 } : ok),
  silent: (random) => (random.chance(0.15) ? { kind: 'silence' } : ok),
  leaving: (random) => (random.chance(0.1) ? { kind: 'answer', status: 410, afterMs: 0 } : ok),
  /** The first time 500, after a while 200: for what is done on purpose, and not part of the load. */
  changing: (_, times) => ({ kind: 'answer', status: times === 1 ? 500 : 200, afterMs: times === 1 ? 1_000 : 2_500 }),
  broken: () => ({ kind: 'answer', status: 500, afterMs: 0 }),
} satisfies Record<string, (random: Random, times: number) => Reaction>;

export type ReceiverName = keyof typeof TEMPERS;

export const RECEIVER_NAMES = Object.keys(TEMPERS) as ReceiverName[];

/** Those that the load goes to. */
export const LOADED_RECEIVERS = RECEIVER_NAMES.filter((name) => name !== 'changing');

/** After the faults every receiver is well again. */
export const healthy: Reaction = ok;
