import { Injectable } from '@nestjs/common';

/**
 * What a committed row may be worth looking at for. `task-events` and `task-canceling` name the tasks; `delivery-due` the endpoints, or
 * nothing when there may be any.
 */
export type WakeUpTopic = 'task-queued' | 'task-events' | 'task-canceling' | 'delivery-due' | 'redelivery' | 'alert-due';

/** @param ids of the rows it is about, without doubles; none for a topic that names none */
type Listener = (ids: readonly string[]) => void;

/**
 * "Look now instead of at the next poll", between parts of the service that meet only in committed rows.
 * A lost wake-up costs one poll interval and nothing else. Ring after the commit, never before.
 */
@Injectable()
export class WakeUps {
  private readonly listeners = new Map<WakeUpTopic, Set<Listener>>();
  private tellOthers: (topic: WakeUpTopic, ids: readonly string[]) => void = () => {};

  on(topic: WakeUpTopic, listener: Listener): void {
    const set = this.listeners.get(topic) ?? new Set();
    this.listeners.set(topic, set.add(listener));
  }

  /** In this process at once, and in the others as soon as they hear of it. */
  ring(topic: WakeUpTopic, ids: readonly string[] = []): void {
    this.ringHere(topic, ids);
    this.tellOthers(topic, ids);
  }

  /** Heard from another process. */
  ringHere(topic: WakeUpTopic, ids: readonly string[] = []): void {
    for (const listener of this.listeners.get(topic) ?? []) listener(ids);
  }

  /** Where rings go besides this process. */
  relayTo(tellOthers: (topic: WakeUpTopic, ids: readonly string[]) => void): void {
    this.tellOthers = tellOthers;
  }
}
