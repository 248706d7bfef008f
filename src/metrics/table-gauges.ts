import { Gauge, type Registry } from 'prom-client';
import { ALERT_KINDS } from '../alerts/kinds.js';
import { DEAD_REASONS } from '../webhooks/outbox/states.js';
import type { Figures } from './figures.js';
import { COUNT_MAX } from './read-figures.js';

const ROLES = ['api', 'worker', 'dispatcher'];
const bounded = `counted up to ${COUNT_MAX}; the same from every process`;

/**
 * What the tables hold, told alike by every process: combine them with `max`, not with `sum`. Labels are task types and words of closed
 * sets, and each of them is there from the start, with zero.
 */
export class TableGauges {
  private readonly gauges: { gauge: Gauge; labeled: boolean }[] = [];
  private readonly tasks = this.gauge('postback_tasks', `Tasks that have not ended, by type and status; ${bounded}.`, ['type', 'status']);
  private readonly queueDepth = this.gauge('postback_queue_depth', `Tasks that are ready to run and wait; ${bounded}.`, ['type']);
  private readonly queueAge = this.gauge('postback_queue_oldest_age_seconds', 'How long the oldest of them has waited.', ['type']);
  private readonly outbox = this.gauge('postback_outbox', `Webhooks that are neither delivered nor dead, by status; ${bounded}.`, [
    'status',
  ]);
  private readonly due = this.gauge('postback_outbox_due', `Webhooks whose time has come and that nobody sends yet; ${bounded}.`);
  private readonly dueAge = this.gauge('postback_outbox_oldest_due_age_seconds', 'How long the oldest of them has been due.');
  private readonly heldAge = this.gauge('postback_outbox_oldest_held_age_seconds', 'How long the oldest held webhook has been held.');
  private readonly dead = this.gauge('postback_outbox_dead', `Dead webhooks by reason; ${bounded}.`, ['reason']);
  private readonly endpoints = this.gauge('postback_endpoints', 'Endpoints that are not active, by state.', ['state']);
  private readonly breakers = this.gauge('postback_breakers', 'Endpoints whose breaker is not closed, by its state.', ['state']);
  private readonly processes = this.gauge('postback_processes', 'Living processes by role.', ['role']);
  private readonly alerts = this.gauge('postback_alerts_open', 'Alerts that are not resolved, by kind.', ['kind']);

  /** @param types the registered task types */
  constructor(
    registry: Registry,
    private readonly types: readonly string[],
  ) {
    for (const { gauge } of this.gauges) registry.registerMetric(gauge);
  }

  show(figures: Figures): void {
    this.clear();
    this.showTasks(figures.tasks);
    const { pending, delivering, held, due, oldestDueSeconds, oldestHeldSeconds } = figures.outbox;
    this.each(this.outbox, 'status', { pending, delivering, held });
    this.due.set(due);
    this.dueAge.set(oldestDueSeconds ?? 0);
    this.heldAge.set(oldestHeldSeconds ?? 0);
    this.each(this.dead, 'reason', { ...zeros(DEAD_REASONS), ...byWord(figures.dead, 'reason') });
    const { paused, disabled, breakerOpen, breakerHalfOpen } = figures.endpoints;
    this.each(this.endpoints, 'state', { paused, disabled });
    this.each(this.breakers, 'state', { open: breakerOpen, half_open: breakerHalfOpen });
    this.each(this.processes, 'role', { ...zeros(ROLES), ...byWord(figures.processes, 'role') });
    this.each(this.alerts, 'kind', { ...zeros(ALERT_KINDS), ...byWord(figures.alerts, 'kind') });
  }

  /** No figure is better than an old one. */
  clear(): void {
    for (const { gauge, labeled } of this.gauges) labeled ? gauge.reset() : gauge.remove(); // reset alone would say zero
  }

  private showTasks(tasks: Figures['tasks']): void {
    for (const type of this.types) {
      for (const status of ['queued', 'running', 'canceling']) this.tasks.set({ type, status }, 0);
      this.queueDepth.set({ type }, 0);
      this.queueAge.set({ type }, 0);
    }
    for (const { type, status, count, due, oldestSeconds } of tasks) {
      this.tasks.set({ type, status }, count);
      if (status !== 'queued') continue;
      this.queueDepth.set({ type }, due);
      this.queueAge.set({ type }, oldestSeconds ?? 0);
    }
  }

  private each(gauge: Gauge, label: string, counts: Record<string, number>): void {
    for (const [word, count] of Object.entries(counts)) gauge.set({ [label]: word }, count);
  }

  private gauge(name: string, help: string, labelNames: string[] = []): Gauge {
    const gauge = new Gauge({ name, help, labelNames, registers: [] });
    this.gauges.push({ gauge, labeled: labelNames.length > 0 });
    return gauge;
  }
}

const zeros = (words: readonly string[]): Record<string, number> => Object.fromEntries(words.map((word) => [word, 0]));

const byWord = <K extends string>(rows: readonly ({ count: number } & Record<K, string>)[], key: K): Record<string, number> =>
  Object.fromEntries(rows.map((row) => [row[key], row.count]));
