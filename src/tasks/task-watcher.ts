import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { Clock } from '../platform/clock.js';
import { Database } from '../platform/database/database.js';
import { stillLive } from '../platform/http/api-keys.js';
import { Problem } from '../platform/http/problem.js';
import { PollingLoop } from '../platform/lifecycle/polling-loop.js';
import { WakeUps } from '../platform/lifecycle/wake-ups.js';
import type { Logger } from '../platform/logging/logger.js';
import { CONFIG, LOGGER } from '../platform/tokens.js';
import { EVENTS_PER_TURN, readNewEvents } from './read-new-events.js';
import { TERMINAL_EVENT_TYPES } from './states.js';
import type { TaskEventView } from './task.dto.js';

/** Somebody who wants to hear of the events of one task. */
export interface Watch {
  taskId: string;
  /** `seq` of the last event that is known; moves on by itself. */
  after: number;
  /** Gets the events behind `after`, in order and without a gap. False: no more for now, until `resume`. */
  take(events: readonly TaskEventView[]): boolean;
  /** This process stops, or the key is no longer good. */
  close(): void;
}

/** Given back when whoever took it is gone. */
export interface WatchHandle {
  resume(): void;
  stop(): void;
}

/**
 * The one place of a process that looks for new events, for all tasks that anybody waits for: one statement, at a hint and on the clock. A watch
 * begins with a position and not with a snapshot, so there is nothing between snapshot and stream that could get lost.
 */
@Injectable()
export class TaskWatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly watches = new Map<Watch, { ready: boolean; keyId: string }>();
  private readonly perKey = new Map<string, number>();
  private readonly loop: PollingLoop;
  private keysLookedAt = 0;
  /** This process takes no new watches any more. */
  stopping = false;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) logger: Logger,
    private readonly database: Database,
    private readonly wakeUps: WakeUps,
    private readonly clock: Clock,
  ) {
    this.loop = new PollingLoop({
      name: 'task-watcher',
      intervalMs: config.streams.pollIntervalMs,
      runOnce: () => this.runOnce(),
      onError: (error) => logger.warn({ event: 'task_watcher.failed', err: error }, 'Could not look for task events; trying again'),
    });
  }

  onApplicationBootstrap(): void {
    this.wakeUps.on('task-events', (ids) => {
      const named = new Set(ids);
      if ([...this.watches.keys()].some(({ taskId }) => named.has(taskId))) this.loop.wake();
    });
    this.loop.start();
  }

  /** Streams and waiting requests. */
  get open(): number {
    return this.watches.size;
  }

  /** Throws a 429 or 503 when the key or the process has too many of them. */
  watch(keyId: string, watch: Watch): WatchHandle {
    this.refuseTooMany(keyId);
    const state = { ready: true, keyId };
    this.watches.set(watch, state);
    this.perKey.set(keyId, (this.perKey.get(keyId) ?? 0) + 1);
    this.loop.wake();
    return {
      resume: () => {
        state.ready = true;
        this.loop.wake();
      },
      stop: () => {
        if (this.watches.delete(watch)) this.leave(keyId);
      },
    };
  }

  /** Resolves at the task's terminal event, and without one after `ms`, when `signal` is aborted, or when this process stops. */
  async ended(keyId: string, task: { taskId: string; after: number }, ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const handle = this.watch(keyId, {
      ...task,
      take: (events) => {
        if (endsTask(events)) resolve();
        return true;
      },
      close: resolve,
    });
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    clearTimeout(timer);
    handle.stop();
  }

  /** Before the server closes, so that it finds no answer still open. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    await this.loop.stop();
    for (const watch of [...this.watches.keys()]) watch.close();
  }

  private async runOnce(): Promise<'more' | 'idle'> {
    await this.closeOfDeadKeys();
    const ready = [...this.watches].filter(([, { ready }]) => ready).map(([watch]) => watch);
    if (ready.length === 0) return 'idle';
    const events = await readNewEvents(this.database, ready);
    let more = false;
    for (const watch of ready) {
      const found = events(watch);
      const state = this.watches.get(watch); // gone meanwhile?
      if (found.length === 0 || state === undefined) continue;
      watch.after = found.at(-1)!.seq;
      state.ready = watch.take(found);
      more ||= found.length === EVENTS_PER_TURN;
    }
    return more ? 'more' : 'idle';
  }

  /** Who was let in once may be there for half an hour, and his key be revoked meanwhile or expire. */
  private async closeOfDeadKeys(): Promise<void> {
    const now = this.clock.monotonic();
    if (this.perKey.size === 0 || now - this.keysLookedAt < this.config.streams.heartbeatMs) return;
    this.keysLookedAt = now;
    const asked = [...this.perKey.keys()];
    const live = await stillLive(this.database, asked);
    const dead = new Set(asked.filter((id) => !live.has(id)));
    for (const [watch, { keyId }] of [...this.watches]) if (dead.has(keyId)) watch.close();
  }

  private refuseTooMany(keyId: string): void {
    const { max, maxPerKey } = this.config.streams;
    if (this.stopping)
      throw new Problem(503, 'not_serving', 'This process is shutting down; ask another one.', { headers: { 'retry-after': '1' } });
    const again = { headers: { 'retry-after': '5' } };
    if ((this.perKey.get(keyId) ?? 0) >= maxPerKey)
      throw new Problem(
        429,
        'too_many_streams',
        `This API key has ${maxPerKey} streams and waiting requests open; close one first.`,
        again,
      );
    if (this.watches.size >= max)
      throw new Problem(503, 'too_many_streams', 'This process has as many open streams as it may; try again, or poll instead.', again);
  }

  private leave(keyId: string): void {
    const left = (this.perKey.get(keyId) ?? 1) - 1;
    if (left === 0) this.perKey.delete(keyId);
    else this.perKey.set(keyId, left);
  }
}

export const endsTask = (events: readonly TaskEventView[]): boolean =>
  events.some(({ type }) => (TERMINAL_EVENT_TYPES as readonly string[]).includes(type));
