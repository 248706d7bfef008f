import { Injectable } from '@nestjs/common';

/** What a committed row may be worth looking at for. */
export type WakeUpTopic = 'task-queued' | 'delivery-due' | 'alert-due';

/**
 * "Look now instead of at the next poll", between parts of one process that meet only in committed rows.
 * A lost wake-up costs one poll interval and nothing else. Ring after the commit, never before.
 */
@Injectable()
export class WakeUps {
  private readonly listeners = new Map<WakeUpTopic, Set<() => void>>();

  on(topic: WakeUpTopic, listener: () => void): void {
    const set = this.listeners.get(topic) ?? new Set();
    this.listeners.set(topic, set.add(listener));
  }

  ring(topic: WakeUpTopic): void {
    for (const listener of this.listeners.get(topic) ?? []) listener();
  }
}
