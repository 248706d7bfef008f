import { Injectable } from '@nestjs/common';

/** What a committed row may be worth looking at for. */
export type WakeUpTopic = 'task-queued' | 'delivery-due' | 'alert-due';

/**
 * "Look now instead of at the next poll", between parts of the service that meet only in committed rows.
 * A lost wake-up costs one poll interval and nothing else. Ring after the commit, never before.
 */
@Injectable()
export class WakeUps {
  private readonly listeners = new Map<WakeUpTopic, Set<() => void>>();
  private tellOthers: (topic: WakeUpTopic) => void = () => {};

  on(topic: WakeUpTopic, listener: () => void): void {
    const set = this.listeners.get(topic) ?? new Set();
    this.listeners.set(topic, set.add(listener));
  }

  /** In this process at once, and in the others as soon as they hear of it. */
  ring(topic: WakeUpTopic): void {
    this.ringHere(topic);
    this.tellOthers(topic);
  }

  /** Heard from another process. */
  ringHere(topic: WakeUpTopic): void {
    for (const listener of this.listeners.get(topic) ?? []) listener();
  }

  /** Where rings go besides this process. */
  relayTo(tellOthers: (topic: WakeUpTopic) => void): void {
    this.tellOthers = tellOthers;
  }
}
