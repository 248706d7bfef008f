import { setTimeout as delay } from 'node:timers/promises';
import { now } from './support/time.js';
import type { World } from './world/world.js';

/** So long nothing may move: longer than any time-out, lease or pause there is in a run. In ms. */
const PATIENCE_MS = 90_000;
const LOOK_EVERY_MS = 200;

interface State {
  tasks: number;
  rows: number;
  batches: number;
  /** Changes with everything that moves. */
  mark: string;
  /** Ms until the latest of the rows is due that wait for their time. */
  due_ms: number;
}

/**
 * Waits until every task has ended and every webhook has come to rest. Gives up when nothing has moved for too long, not after a time in all: how
 * long it takes depends on the machine. Returns what is left then.
 */
export async function settle(world: World, tell: (line: string) => void): Promise<string[]> {
  let mark = '';
  let movedAt = now();
  let toldAt = now();
  for (;;) {
    const state = await look(world);
    if (state !== null && state.tasks + state.rows + state.batches === 0) return [];
    if (state !== null && state.mark !== mark) {
      mark = state.mark;
      movedAt = now() + Math.max(0, state.due_ms);
    }
    if (now() - movedAt > PATIENCE_MS) return describe(state);
    if (now() - toldAt > 10_000) {
      toldAt = now();
      tell(state === null ? 'waiting for Postgres' : `waiting for ${state.tasks} tasks and ${state.rows} webhooks`);
    }
    await delay(LOOK_EVERY_MS);
  }
}

function describe(state: State | null): string[] {
  if (state === null) return ['Postgres cannot be asked any more.'];
  return [
    `Nothing moves any more: ${state.tasks} tasks have not ended, ${state.rows} webhooks and ${state.batches} redeliveries are not done.`,
  ];
}

async function look(world: World): Promise<State | null> {
  const [state] = await world
    .query<State>(
      `SELECT (SELECT count(*)::int FROM postback.tasks WHERE finished_at IS NULL) AS tasks,
              (SELECT count(*)::int FROM postback.webhook_outbox WHERE status NOT IN ('delivered', 'dead')) AS rows,
              (SELECT count(*)::int FROM postback.redelivery_batches WHERE state = 'running') AS batches,
              (SELECT concat_ws(' ', sum(last_seq), count(finished_at), count(*)) FROM postback.tasks)
                || (SELECT concat_ws(' ', '', sum(attempts), count(*) FILTER (WHERE status = 'held'), count(*) FILTER (WHERE status = 'delivered'), count(*)) FROM postback.webhook_outbox) AS mark,
              (SELECT coalesce(extract(epoch FROM max(next_attempt_at) - now()) * 1000, 0)::int FROM postback.webhook_outbox WHERE status IN ('pending', 'delivering')) AS due_ms`,
    )
    .catch(() => [null]);
  return state ?? null;
}
