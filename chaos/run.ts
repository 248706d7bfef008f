import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { atEnd } from '../bench/support/cleanup.js';
import { check, countRepeats } from './check/check.js';
import type { Evidence, Indexed, Violation } from './check/evidence.js';
import { readDatabase } from './check/read-database.js';
import { inflict } from './faults/inflict.js';
import type { Ledger } from './ledger.js';
import { Client } from './load/client.js';
import { type PlannedStep, planLoad } from './load/plan-load.js';
import { Traffic } from './load/traffic.js';
import { type Recovery, recoveriesOf } from './recovery.js';
import { describeFault, type Planned } from './schedule.js';
import { settle } from './settle.js';
import { now } from './support/time.js';
import { ADMIN_KEY, API_KEY, DATABASE, World, type WorldOptions } from './world/world.js';

export interface Plan {
  seed: number;
  seconds: number;
  faults: readonly Planned[];
  load: readonly PlannedStep[];
}

/** What a run takes place in. */
export interface Stage {
  world: World;
  traffic: Traffic;
  ledger: Ledger;
  tell(line: string): void;
}

export interface Outcome {
  violations: Violation[];
  indexed: Indexed;
  ledger: Ledger;
  /** How often receivers got what they had accepted before, by the reason. */
  repeats: Record<string, number>;
  recoveries: Recovery[];
  /** From the end of the faults until everything was at rest, in ms. */
  healedMs: number;
  /** Error lines of the service's logs, by event. */
  errors: Record<string, number>;
}

/** For what takes seconds on a machine that is not busy with something else. In ms. */
const PATIENCE_MS = 600_000;

/** Names the plan: equal for equal seeds. */
export const digestOf = ({ seed, seconds, faults, load }: Plan): string =>
  createHash('sha256')
    .update(JSON.stringify([seed, seconds, faults, load]))
    .digest('hex')
    .slice(0, 16);

/** A safety phase with load and faults, a healing phase with neither, and a verdict. */
export function run(plan: Plan, options: WorldOptions, tell: (line: string) => void): Promise<Outcome> {
  return onStage(plan.seed, options, tell, (stage) => safetyPhase(stage, plan));
}

/** Whatever `act` does to the service, it is healed afterwards, and judged. */
export async function onStage(
  seed: number,
  options: WorldOptions,
  tell: (line: string) => void,
  act: (stage: Stage) => Promise<void>,
): Promise<Outcome> {
  const ledger: Ledger = { told: [], received: [], happened: [] };
  const world = await World.start(seed, ledger, options);
  const remove = atEnd(() => world.remove());
  try {
    const traffic = new Traffic(new Client(world.apiUrls, API_KEY, ledger), world.fleet);
    const stage = { world, traffic, ledger, tell };
    await traffic.registerEndpoints();
    await act(stage);
    const healingAt = now();
    const unsettled = await healingPhase(stage);
    const healedMs = Math.round(now() - healingAt);
    const evidence = await gather(stage, unsettled);
    const { violations, indexed } = check(evidence);
    const recoveries = recoveriesOf(ledger);
    return { violations, indexed, ledger, repeats: countRepeats(indexed), recoveries, healedMs, errors: errorsIn(evidence.logs) };
  } finally {
    await remove();
  }
}

async function safetyPhase({ world, traffic, ledger, tell }: Stage, { faults, load, seconds }: Plan): Promise<void> {
  const startedAt = now();
  const passed = () => now() - startedAt;
  traffic.start(load);
  const inflicted: Promise<void>[] = [];
  for (const { atMs, fault } of faults) {
    await delay(Math.max(0, atMs - passed()));
    tell(`${(passed() / 1_000).toFixed(1)} s  ${describeFault(fault)}`);
    inflicted.push(inflict(world, ledger, fault));
  }
  await delay(Math.max(0, seconds * 1_000 - passed()));
  await Promise.all(inflicted);
}

/** Receivers are well, nothing is broken any more, and what was asked for is asked for until it is answered. */
async function healingPhase({ world, traffic, ledger, tell }: Stage): Promise<string[]> {
  tell('healing');
  world.fleet.heal();
  for (const proxy of world.proxies.values()) proxy.set({ kind: 'fair' });
  for (const slot of world.slots.values()) {
    slot.signal('SIGCONT');
    slot.order({ arm: null });
  }
  for (const slot of world.slots.values()) if (!(await slot.ready(PATIENCE_MS))) return [`${slot.name} does not come up again.`];
  await traffic.finish();
  await traffic.resumeAll();
  const unsettled = await settle(world, tell);
  if (unsettled.length > 0) return unsettled;
  // what died while its receiver was ill is asked for by a person
  const admin = new Client(world.apiUrls, ADMIN_KEY, ledger);
  await admin.insist({ what: 'redeliver-dead', n: null, method: 'POST', path: '/admin/redeliveries', body: { filter: {} } }, () => false);
  return settle(world, tell);
}

/** Everything is taken down in good order first: a shutdown may write, and must not break anything either. */
async function gather({ world, traffic, ledger }: Stage, unsettled: string[]): Promise<Evidence> {
  if (unsettled.length === 0) await traffic.repeatAll();
  const logs = new Map<string, string>();
  const processes: Evidence['processes'] = [];
  for (const slot of world.slots.values()) {
    await slot.close(PATIENCE_MS);
    logs.set(`the log of ${slot.name}`, slot.logText);
    processes.push(...slot.troubles().map((trouble) => ({ slot: slot.name, trouble })));
  }
  return {
    ledger,
    asked: traffic.submits,
    keyOf: (n) => traffic.keyOf(n),
    endpoints: traffic.endpoints,
    database: await readDatabase(world.cluster.url(DATABASE)),
    processes,
    logs,
    secrets: secretsOf(world, traffic),
    unsettled,
    postgresCrashed: ledger.happened.some(({ fault }) => /^postgres-(immediate-stop|kill)/.test(fault)),
  };
}

function secretsOf(world: World, traffic: Traffic): Map<string, string> {
  return new Map([
    ['The password of Postgres', world.cluster.password],
    ['An API key', API_KEY],
    ['An admin key', ADMIN_KEY],
    ...[...traffic.submits.values()].map(({ n, secret }) => [`The webhook secret of submit ${n}`, secret] as const),
    ...[...traffic.endpoints.values()].flatMap(({ name, secrets }) =>
      secrets.map((secret) => [`A secret of endpoint ${name}`, secret] as const),
    ),
  ]);
}

function errorsIn(logs: ReadonlyMap<string, string>): Record<string, number> {
  const events = [...logs.values()].flatMap((text) =>
    text.split('\n').flatMap((line) => (/"level":"(error|fatal)"/.test(line) ? [/"event":"([^"]+)"/.exec(line)?.[1] ?? 'unnamed'] : [])),
  );
  return Object.fromEntries([...Map.groupBy(events, (event) => event)].map(([event, each]) => [event, each.length]));
}

export function planRun(seed: number, seconds: number, faults: readonly Planned[]): Plan {
  return { seed, seconds, faults, load: planLoad(seed, seconds) };
}
