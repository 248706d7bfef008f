import { setTimeout as delay } from 'node:timers/promises';
import type { Defect } from './inside/defects.js';
import type { PlannedSubmit } from './load/plan-load.js';
import { type Outcome, onStage, type Stage } from './run.js';
import { now } from './support/time.js';
import type { ProcessSlot } from './world/process-slot.js';
import type { ReceiverName } from './world/tempers.js';
import type { WorldOptions } from './world/world.js';

/** Leaves the receiver that takes its time enough of it; every wait for a lease is cut short by hand. */
const SETTINGS = { POSTBACK_DELIVERY_TIMEOUT_MS: '6000', POSTBACK_LEASE_MS: '15000', POSTBACK_KEY_CACHE_MS: '60000' };

/** Brings about the moment at which a defect does its harm, without the waiting that chance would need. Returns the submits it is about. */
type Scene = (stage: Stage, first: number) => Promise<number[]>;

const SCENES: Record<Defect, Scene> = {
  'no-lease-fence': staleDispatcher,
  'no-run-fence': staleWorker,
  'answers-before-commit': apiDiesBeforeCommit,
  'sends-before-commit': workerDiesBeforeCommit,
  'loses-a-held-row': pauseAndResume,
};

export interface Directed {
  outcome: Outcome;
  /** Numbers of the submits that each scene was about. */
  submits: Map<Defect, number[]>;
}

/** Plays scenes one after the other, with whatever defects `options` plants: the right ones, others, or none. */
export async function direct(scenes: readonly Defect[], options: WorldOptions, tell: (line: string) => void): Promise<Directed> {
  const submits = new Map<Defect, number[]>();
  const outcome = await onStage(1, { ...options, settings: SETTINGS }, tell, async (stage) => {
    for (const [place, scene] of scenes.entries()) {
      tell(`scene: ${scene}`);
      submits.set(scene, await SCENES[scene](stage, 1 + place * 100));
    }
  });
  return { outcome, submits };
}

/** A dispatcher cannot reach Postgres when its answers are there; it comes back in the middle of its successor's attempt. */
async function staleDispatcher(stage: Stage, first: number): Promise<number[]> {
  const { world, ledger } = stage;
  const [late, other] = [world.proxies.get('dispatcher-1')!, world.proxies.get('dispatcher-2')!];
  const attempts = (number: string) =>
    ledger.received.filter(({ receiver, headers }) => receiver === 'changing' && headers['webhook-attempt'] === number);
  other.set({ kind: 'hold' });
  await submit(stage, first, { adHoc: 'changing' });
  await until(() => attempts('1').length > 0, 'the first attempt');
  late.set({ kind: 'hold' });
  other.set({ kind: 'fair' });
  await until(() => attempts('1').every(({ answer }) => answer !== null), 'its answer');
  await world.query("UPDATE postback.webhook_outbox SET next_attempt_at = now() WHERE status = 'delivering'"); // its lease is over
  await until(() => attempts('2').length > 0, 'the second attempt');
  late.set({ kind: 'fair' });
  await until(() => attempts('2').every(({ answer }) => answer !== null), 'its answer');
  return [first];
}

/** Long beside the look that finds it begun. */
const STEP_MS = 2_000;

/** A worker is taken for dead while it only sleeps, and wakes up when another one has its task. */
async function staleWorker(stage: Stage, first: number): Promise<number[]> {
  const { world } = stage;
  await submit(stage, first, { input: { payload: first, delay_ms: 3 * STEP_MS, steps: 3 } });
  const taskId = stage.traffic.tasks.get(first)!;
  const steps = async () => (await world.query('SELECT FROM postback.task_steps WHERE task_id = $1', [taskId])).length;
  const runner = () =>
    world.query<{ pid: number; worker_id: string; interruptions: number }>(
      "SELECT pid, worker_id, interruptions FROM postback.tasks t JOIN postback.processes p ON p.id = t.worker_id WHERE t.id = $1 AND t.status = 'running'",
      [taskId],
    );
  await until(async () => (await steps()) > 0, 'its first step');
  const [sleeper] = await runner();
  const slot = slotOf(stage, sleeper!.pid);
  slot.signal('SIGSTOP');
  await delay(STEP_MS + 200); // its next step is over by then, and waits to be stored
  await world.query('DELETE FROM postback.processes WHERE id = $1', [sleeper!.worker_id]); // as if it had been silent for long
  await until(async () => (await runner())[0]?.interruptions === 1, 'another worker');
  slot.signal('SIGCONT');
  return [first];
}

/** Both processes of the API lose Postgres, are asked, and are killed: whoever has a 202 by then was promised something. */
async function apiDiesBeforeCommit(stage: Stage, first: number): Promise<number[]> {
  const { world, traffic } = stage;
  const apis = (['api-1', 'api-2'] as const).map((name) => ({ slot: world.slots.get(name)!, proxy: world.proxies.get(name)! }));
  for (const n of [first + 1, first + 2]) await submit(stage, n, {}); // one each, in turn: both know the key now
  for (const { proxy } of apis) proxy.set({ kind: 'hold' });
  traffic.begin({ kind: 'submit', submit: plain(first, {}) });
  await delay(1_000); // nothing can come, and that takes its time
  for (const { slot } of apis) slot.signal('SIGKILL');
  for (const { proxy } of apis) {
    proxy.reset();
    proxy.set({ kind: 'fair' });
  }
  for (const { slot } of apis) await slot.ready(PATIENCE_MS);
  await until(() => traffic.tasks.has(first), 'the 202');
  return [first];
}

/** A worker dies between all that it writes of a task's end and the commit of it. */
async function workerDiesBeforeCommit(stage: Stage, first: number): Promise<number[]> {
  const workers = (['worker-1', 'worker-2'] as const).map((name) => stage.world.slots.get(name)!);
  const lives = workers.map(({ life }) => life);
  for (const worker of workers) worker.order({ arm: 'end.before-commit' });
  await submit(stage, first, {});
  await until(() => lives.some(({ end }) => end !== null), 'a worker to die');
  for (const worker of workers) worker.order({ arm: null });
  return [first];
}

/** Its endpoint is paused when the task ends, and free again later. */
async function pauseAndResume(stage: Stage, first: number): Promise<number[]> {
  const { traffic, world } = stage;
  await traffic.onEndpoint('pause', 'steady', {});
  await submit(stage, first, { adHoc: null, endpoints: ['steady'] });
  const held = "SELECT FROM postback.webhook_outbox WHERE task_id = $1 AND status = 'held'";
  await until(async () => (await world.query(held, [traffic.tasks.get(first)])).length > 0, 'the webhook to be held');
  await traffic.onEndpoint('resume', 'steady', {});
  return [first];
}

function plain(n: number, more: Partial<PlannedSubmit>): PlannedSubmit {
  const adHoc: ReceiverName = 'good';
  const secret = `plain chaos secret ${n}`;
  return { n, keyed: true, input: { payload: n }, adHoc, secret, endpoints: [], events: null, expiresInSeconds: null, ...more };
}

async function submit({ traffic }: Stage, n: number, more: Partial<PlannedSubmit>): Promise<void> {
  traffic.begin({ kind: 'submit', submit: plain(n, more) });
  await until(() => traffic.tasks.has(n), 'the 202');
}

function slotOf({ world }: Stage, pid: number): ProcessSlot {
  return [...world.slots.values()].find(({ life }) => life.pid === pid)!;
}

const PATIENCE_MS = 300_000;

async function until(there: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const giveUpAt = now() + PATIENCE_MS; !(await there()); await delay(20))
    if (now() > giveUpAt) throw new Error(`Waited in vain for ${what}.`);
}
