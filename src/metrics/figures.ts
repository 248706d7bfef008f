import type { Levels } from '../platform/metrics/activity.js';

/** What the tables hold at one moment, as far as people watch it. Counts stop at a bound, see `read-figures.ts`; ages in seconds. */
export interface Figures {
  /** Tasks that have not ended, by type and stage. */
  tasks: readonly { type: string; status: 'queued' | 'running' | 'canceling'; count: number; due: number; oldestSeconds: number | null }[];
  outbox: {
    pending: number;
    delivering: number;
    held: number;
    /** Those whose time has come and that nobody sends yet. */
    due: number;
    oldestDueSeconds: number | null;
    oldestHeldSeconds: number | null;
  };
  dead: readonly { reason: string; count: number }[];
  endpoints: { paused: number; disabled: number; breakerOpen: number; breakerHalfOpen: number };
  /** Living processes; one with several roles counts in each. */
  processes: readonly { role: string; count: number }[];
  alerts: readonly { kind: string; count: number }[];
}

/** How much waits, for whom it is drawn over time. */
export function levelsOf({ tasks, outbox, dead }: Figures): Levels {
  const sum = (rows: readonly { count: number }[]) => rows.reduce((total, { count }) => total + count, 0);
  return {
    tasks_queued: sum(tasks.filter(({ status }) => status === 'queued')),
    webhooks_waiting: outbox.pending + outbox.delivering,
    webhooks_held: outbox.held,
    webhooks_dead: sum(dead),
  };
}
