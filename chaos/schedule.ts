import { FAIL_POINTS, type FailPoint } from '../src/platform/lifecycle/fail-point.js';
import { Random } from './support/random.js';
import type { Role } from './world/process-slot.js';

/** Of each role there are two. */
export const SLOTS = ['api-1', 'api-2', 'worker-1', 'worker-2', 'dispatcher-1', 'dispatcher-2'] as const;
export type SlotName = (typeof SLOTS)[number];

export const roleOf = (slot: string): Role => slot.replace(/-\d$/, '') as Role;

/** What is done to the service. `forMs`: how long it lasts, for what does not end by itself. */
export type Fault =
  | { kind: 'kill'; slot: SlotName }
  /** Dies by itself at the next moment of this kind; given up after `forMs` without one. */
  | { kind: 'fail-point'; slot: SlotName; point: FailPoint; forMs: number }
  | { kind: 'terminate'; slot: SlotName }
  | { kind: 'freeze'; slot: SlotName; forMs: number }
  | { kind: 'shift-clock'; slot: SlotName; byMs: number; forMs: number }
  | { kind: 'postgres-restart' }
  | { kind: 'postgres-immediate-stop'; forMs: number }
  | { kind: 'postgres-kill'; forMs: number }
  | { kind: 'terminate-backends'; share: number }
  | { kind: 'freeze-backend'; application: string; forMs: number }
  | { kind: 'lock-table'; table: 'tasks' | 'webhook_outbox' | 'webhook_endpoints'; forMs: number }
  | { kind: 'network-delay'; slot: SlotName | 'all'; ms: number; forMs: number }
  | { kind: 'network-drop'; slot: SlotName | 'all'; forMs: number }
  | { kind: 'network-reset'; slot: SlotName | 'all' }
  | { kind: 'wipe-queue' };

/** In ms from the start of the safety phase. */
export interface Planned {
  atMs: number;
  fault: Fault;
}

const DAY_MS = 86_400_000;

/** The role in which each fail point is passed. */
const ROLE_AT: Record<string, Role> = {
  submit: 'api',
  run: 'worker',
  step: 'worker',
  end: 'worker',
  delivery: 'dispatcher',
  redelivery: 'dispatcher',
};

/**
 * Faults by seed, at most two at a time so that there is something left to break. Each kind has its share; one that matters comes
 * early, however short the run.
 */
export function planFaults(seed: number, seconds: number): Planned[] {
  const random = new Random(seed, 'faults');
  const planned: Planned[] = [];
  let bag: FaultKind[] = [];
  let atMs = 1_500;
  while (atMs < seconds * 1_000) {
    if (bag.length === 0) bag = shuffled(random, BAG);
    const fault = make(bag.pop()!, random);
    planned.push({ atMs, fault });
    atMs += random.between(800, 2_600);
    const until = planned.at(-1)!.atMs + lasting(fault);
    const others = planned.slice(0, -1).filter((each) => each.atMs + lasting(each.fault) > atMs);
    if (others.length > 0 && until > atMs) atMs = Math.min(until, ...others.map((each) => each.atMs + lasting(each.fault)));
  }
  return planned.filter((each) => each.atMs < seconds * 1_000);
}

type FaultKind = Fault['kind'];

const BAG: FaultKind[] = [
  'kill',
  'kill',
  'fail-point',
  'fail-point',
  'fail-point',
  'fail-point',
  'terminate',
  'terminate',
  'freeze',
  'freeze',
  'shift-clock',
  'postgres-restart',
  'postgres-immediate-stop',
  'postgres-kill',
  'terminate-backends',
  'freeze-backend',
  'lock-table',
  'network-delay',
  'network-drop',
  'network-reset',
  'wipe-queue',
];

export const lasting = (fault: Fault): number => ('forMs' in fault ? fault.forMs : 0);

function make(kind: FaultKind, random: Random): Fault {
  const slot = random.pick(SLOTS);
  switch (kind) {
    case 'kill':
    case 'terminate':
      return { kind, slot };
    case 'fail-point': {
      const point = random.pick(FAIL_POINTS);
      return { kind, slot: `${ROLE_AT[point.split('.')[0]!]!}-${random.pick(['1', '2'])}` as SlotName, point, forMs: 4_000 };
    }
    case 'freeze':
      // a worker or dispatcher, past what its lease or silence allows
      return { kind, slot: random.pick(SLOTS.slice(2)), forMs: random.between(4_000, 10_000) };
    case 'shift-clock':
      return { kind, slot, byMs: random.pick([3, -3]) * DAY_MS, forMs: random.between(2_000, 6_000) };
    case 'postgres-restart':
    case 'wipe-queue':
      return { kind };
    case 'postgres-immediate-stop':
    case 'postgres-kill':
      return { kind, forMs: random.between(0, 2_000) };
    case 'terminate-backends':
      return { kind, share: random.pick([0.2, 0.5, 1]) };
    case 'freeze-backend':
      return {
        kind,
        application: random.pick(['postback api', 'postback worker', 'postback dispatcher', 'postback queue']),
        forMs: random.between(1_000, 6_000),
      };
    case 'lock-table':
      return { kind, table: random.pick(['tasks', 'webhook_outbox', 'webhook_endpoints']), forMs: random.between(1_000, 4_000) };
    case 'network-delay':
      return { kind, slot: random.pick([...SLOTS, 'all'] as const), ms: 200, forMs: random.between(2_000, 5_000) };
    case 'network-drop':
      return { kind, slot: random.pick([...SLOTS, 'all'] as const), forMs: random.between(1_000, 4_000) };
    case 'network-reset':
      return { kind, slot: random.pick([...SLOTS, 'all'] as const) };
    default:
      throw new Error(`There is no fault ${kind satisfies never}.`);
  }
}

function shuffled<T>(random: Random, items: readonly T[]): T[] {
  return items
    .map((item) => [random.next(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
}

/** One line for people. */
export function describeFault(fault: Fault): string {
  const { kind, ...rest } = fault;
  return [kind, ...Object.entries(rest).map(([name, value]) => (name === 'slot' || name === 'point' ? value : `${name}=${value}`))].join(
    ' ',
  );
}
