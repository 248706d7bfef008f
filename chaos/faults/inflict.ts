import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Ledger } from '../ledger.js';
import { describeFault, type Fault, type SlotName } from '../schedule.js';
import { now } from '../support/time.js';
import type { Ending } from '../world/cluster.js';
import type { DatabaseProxy } from '../world/database-proxy.js';
import type { ProcessSlot } from '../world/process-slot.js';
import { DATABASE, type World } from '../world/world.js';

/** One Postgres fault at a time: the second would find nothing to break. */
let server: Promise<unknown> = Promise.resolve();

/** Does it, waits until it is over, and writes it down. Never rejects: what cannot be broken just now is broken already. */
export async function inflict(world: World, ledger: Ledger, fault: Fault): Promise<void> {
  const at = now();
  const note = await act(world, fault).catch((error) => `not possible: ${error instanceof Error ? error.message : error}`);
  ledger.happened.push({ fault: describeFault(fault), at, until: now(), note });
}

async function act(world: World, fault: Fault): Promise<string> {
  switch (fault.kind) {
    case 'kill':
      return signal(slotOf(world, fault.slot), 'SIGKILL');
    case 'terminate':
      return signal(slotOf(world, fault.slot), 'SIGTERM');
    case 'fail-point':
      return awaitDeath(slotOf(world, fault.slot), fault.point, fault.forMs);
    case 'freeze':
      return freeze(slotOf(world, fault.slot), fault.forMs);
    case 'shift-clock':
      return shiftClock(slotOf(world, fault.slot), fault.byMs, fault.forMs);
    case 'postgres-restart':
      return endPostgres(world, 'SIGINT', 0);
    case 'postgres-immediate-stop':
      return endPostgres(world, 'SIGQUIT', fault.forMs);
    case 'postgres-kill':
      return endPostgres(world, 'SIGKILL', fault.forMs);
    case 'terminate-backends':
      return terminateBackends(world, fault.share);
    case 'freeze-backend':
      return freezeBackend(world, fault.application, fault.forMs);
    case 'lock-table':
      return lockTable(world, fault.table, fault.forMs);
    case 'network-delay':
      return weather(world, fault.slot, (proxy) => proxy.set({ kind: 'delay', ms: fault.ms }), fault.forMs);
    case 'network-drop':
      return weather(world, fault.slot, (proxy) => proxy.set({ kind: 'drop' }), fault.forMs);
    case 'network-reset':
      return weather(world, fault.slot, (proxy) => proxy.reset(), 0);
    case 'wipe-queue':
      return `${(await world.query('DELETE FROM pgboss.job RETURNING id')).length} jobs deleted`;
    default:
      throw new Error(`There is no fault ${JSON.stringify(fault satisfies never)}.`);
  }
}

const slotOf = (world: World, name: SlotName): ProcessSlot => world.slots.get(name)!;

async function signal(slot: ProcessSlot, name: 'SIGKILL' | 'SIGTERM'): Promise<string> {
  const was = slot.isReady ? 'working' : 'not ready';
  slot.signal(name);
  return `it was ${was}`;
}

async function awaitDeath(slot: ProcessSlot, point: string, forMs: number): Promise<string> {
  const { life } = slot;
  slot.order({ arm: point });
  for (const giveUpAt = now() + forMs; now() < giveUpAt; await delay(20)) {
    if (life.end !== null) return `died by ${life.end}`;
  }
  slot.order({ arm: null });
  return 'was not passed';
}

async function freeze(slot: ProcessSlot, forMs: number): Promise<string> {
  const { life } = slot;
  slot.signal('SIGSTOP');
  await delay(forMs);
  if (slot.life === life) slot.signal('SIGCONT');
  return `stopped for ${forMs} ms`;
}

async function shiftClock(slot: ProcessSlot, byMs: number, forMs: number): Promise<string> {
  slot.order({ shiftMs: byMs });
  await delay(forMs);
  slot.order({ shiftMs: 0 });
  return `for ${forMs} ms`;
}

async function endPostgres(world: World, how: Ending, downMs: number): Promise<string> {
  const work = server.then(async () => {
    const at = now();
    await world.cluster.end(how);
    await delay(downMs);
    await world.cluster.startAgain();
    return `away for ${Math.round(now() - at)} ms`;
  });
  server = work.catch(() => {});
  return work;
}

async function terminateBackends(world: World, share: number): Promise<string> {
  const rows = await world.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = $1 AND application_name LIKE 'postback%' AND random() < $2`,
    [DATABASE, share],
  );
  return `${rows.length} backends ended`;
}

/** One that is in a transaction if there is one: it holds what others wait for. */
async function freezeBackend(world: World, application: string, forMs: number): Promise<string> {
  const [row] = await world.query<{ pid: number; state: string }>(
    `SELECT pid, state FROM pg_stat_activity WHERE datname = $1 AND application_name = $2 ORDER BY state = 'idle', random() LIMIT 1`,
    [DATABASE, application],
  );
  if (row === undefined) return 'there was none';
  world.cluster.stopBackend(row.pid);
  await delay(forMs);
  world.cluster.resumeBackends();
  return `one that was ${row.state}`;
}

async function lockTable(world: World, table: string, forMs: number): Promise<string> {
  const client = new pg.Client({ connectionString: world.cluster.url(DATABASE), application_name: 'chaos lock', lock_timeout: 5_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(`BEGIN; LOCK TABLE postback.${table} IN ACCESS EXCLUSIVE MODE`);
    await delay(forMs);
    await client.query('ROLLBACK');
  } finally {
    await client.end().catch(() => {});
  }
  return `locked for ${forMs} ms`;
}

async function weather(world: World, slot: SlotName | 'all', change: (proxy: DatabaseProxy) => void, forMs: number): Promise<string> {
  const proxies = slot === 'all' ? [...world.proxies.values()] : [world.proxies.get(slot)!];
  for (const proxy of proxies) change(proxy);
  if (forMs > 0) {
    await delay(forMs);
    for (const proxy of proxies) proxy.set({ kind: 'fair' });
  }
  return `${proxies.length} ways`;
}
