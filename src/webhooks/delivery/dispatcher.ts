import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { Config } from '../../config/config.js';
import { Clock } from '../../platform/clock.js';
import { Database } from '../../platform/database/database.js';
import { newId } from '../../platform/ids.js';
import { finishWithin } from '../../platform/lifecycle/drain.js';
import { failPoint } from '../../platform/lifecycle/fail-point.js';
import { PollingLoop } from '../../platform/lifecycle/polling-loop.js';
import { WakeUps } from '../../platform/lifecycle/wake-ups.js';
import type { Logger } from '../../platform/logging/logger.js';
import { CONFIG, LOGGER, PROCESS_ID } from '../../platform/tokens.js';
import { type Claimed, claimDue } from './claim-due.js';
import { Deliverer, type Opened } from './deliverer.js';
import { DeliveryMetrics } from './delivery-metrics.js';
import { findDueEndpoints, START } from './find-due-endpoints.js';
import { PassedOver } from './passed-over.js';
import { ReadyEndpoints } from './ready-endpoints.js';
import { type Flight, SendSlots } from './send-slots.js';
import type { EndpointQuota } from './share-out.js';

const MAX_BATCH = 200;
/** Rows of one endpoint in one claim, at most: then it is the next one's turn. */
const PER_TURN = 10;
/** Endpoints probed at each poll, due or not. */
const PROBES = 200;
/** Between two claims under load, so that each is worth its while. */
const COMPANY_MS = 8;
/** Requests under way or not yet written down, in multiples of the send slots: a slow database is not run away from. */
const MOST_UNWRITTEN = 4;

/** Finds endpoints with due webhooks, claims from them in turn while it has send slots, and sends each webhook once. */
@Injectable()
export class Dispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly sending = new Set<Promise<void>>();
  private readonly ready = new ReadyEndpoints();
  private readonly passedOver: PassedOver;
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly loop: PollingLoop;
  private readonly slots: SendSlots;
  private position = START;
  private somethingIsDue = true;
  private nextProbeAt = 0;
  private claimedAt = Number.NEGATIVE_INFINITY;
  private claimTimer: NodeJS.Timeout | null = null;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(PROCESS_ID) private readonly processId: string,
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly deliverer: Deliverer,
    private readonly metrics: DeliveryMetrics,
    private readonly wakeUps: WakeUps,
  ) {
    this.passedOver = new PassedOver(config.delivery.pollIntervalMs);
    this.slots = new SendSlots(config.delivery.concurrency, () => clock.monotonic());
    this.loop = new PollingLoop({
      name: 'dispatcher',
      intervalMs: config.delivery.pollIntervalMs,
      runOnce: () => this.runOnce(),
      onError: (error) => logger.warn({ event: 'dispatcher.poll_failed', err: error }, 'Could not claim webhooks; trying again'),
    });
  }

  onApplicationBootstrap(): void {
    this.wakeUps.on('delivery-due', (endpointIds) => this.hear(endpointIds));
    this.loop.start();
  }

  /** One look for due endpoints if there is reason to, and one claim from those whose turn it is. */
  async runOnce(): Promise<'more' | 'idle'> {
    const { slots, slowSlots } = this.slots.free();
    if (slots === 0 || this.sending.size >= MOST_UNWRITTEN * this.config.delivery.concurrency) return 'idle'; // what ends wakes the loop
    if (this.tooFew(slots)) return 'idle';
    await this.look();
    if (!this.ready.any(slowSlots)) return 'idle';
    const asked = this.ready.take(Math.min(MAX_BATCH, slots), slowSlots);
    const leaseStart = this.clock.monotonic();
    this.claimedAt = leaseStart;
    const claimed = await this.claim(asked, slots, slowSlots).catch((error) => {
      for (const id of asked) this.ready.add(id); // still in line: the next turn asks for them again
      throw error;
    });
    const quotas = new Map(claimed.quotas.map((quota) => [quota.id, quota]));
    const leaseEnd = leaseStart + this.config.delivery.leaseMs;
    for (const opened of await this.deliverer.open(claimed.deliveries))
      this.start(opened, quotas.get(opened.delivery.endpointId)!, leaseEnd);
    this.arrangeNextTurns(asked, claimed, quotas);
    return claimed.deliveries.length > 0 ? 'more' : 'idle';
  }

  /** A claim costs nearly the same for two rows as for a hundred: under load it waits a moment until more slots are free. */
  private tooFew(slots: number): boolean {
    const waitMs = this.claimedAt + COMPANY_MS - this.clock.monotonic();
    if (waitMs <= 0 || slots * 2 >= this.config.delivery.concurrency) return false;
    this.claimTimer ??= setTimeout(() => {
      this.claimTimer = null;
      this.loop.wake();
    }, Math.ceil(waitMs));
    return true;
  }

  /** What is on its way may arrive; the rest is given back unharmed. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
    if (await finishWithin(this.sending, this.config.process.shutdownGraceMs)) return;
    this.deliverer.giveUp();
    await Promise.allSettled(this.sending);
  }

  /** Something is due: at these endpoints, which spares a look for them, or with none named anywhere. */
  private hear(endpointIds: readonly string[]): void {
    if (endpointIds.length === 0) this.somethingIsDue = true;
    for (const id of endpointIds) this.ready.add(id);
    this.loop.wake();
  }

  private async look(): Promise<void> {
    const probe = this.clock.monotonic() >= this.nextProbeAt;
    if (!probe && !this.somethingIsDue) return;
    this.somethingIsDue = false;
    if (probe) this.nextProbeAt = this.clock.monotonic() + this.config.delivery.pollIntervalMs * 0.9;
    const { endpointIds, full, next } = await findDueEndpoints(this.database, this.position, probe ? PROBES : 0);
    this.position = next;
    if (full) this.somethingIsDue = true; // there was more to walk than one look does
    for (const id of endpointIds) this.ready.add(id);
  }

  private async claim(asked: readonly string[], slots: number, slowSlots: number): Promise<Claimed> {
    const { leaseMs, endpointMaxInFlight, originMaxInFlight } = this.config.delivery;
    const claimed = await claimDue(
      this.database,
      asked,
      { freeSlots: Math.min(MAX_BATCH, slots), freeSlowSlots: slowSlots, perTurn: PER_TURN, endpointMaxInFlight, originMaxInFlight },
      { token: newId(), ms: leaseMs, claimedBy: this.processId },
    );
    this.metrics.observeClaim(this.clock.monotonic() - this.claimedAt);
    if (claimed.deliveries.length > 0) failPoint('delivery.after-claim');
    return claimed;
  }

  /** Who may have more goes to the end of the line, or waits for what bounded him. */
  private arrangeNextTurns(asked: readonly string[], { deliveries }: Claimed, quotas: Map<string, EndpointQuota>): void {
    const taken = Map.groupBy(deliveries, ({ endpointId }) => endpointId);
    for (const id of asked) {
      const quota = quotas.get(id);
      if (quota === undefined) {
        const waitMs = this.passedOver.waitMs(id);
        if (waitMs !== null) this.later(id, waitMs);
        continue;
      }
      this.passedOver.forget(id);
      this.ready.remember(id, quota);
      if ((taken.get(id)?.length ?? 0) >= quota.quota) this.arrange(quota);
    }
  }

  private arrange({ id, boundBy, originKey, againInMs }: EndpointQuota): void {
    switch (boundBy) {
      case 'turn':
      case 'slots':
        this.ready.add(id);
        break;
      case 'in_flight':
        this.ready.park(id, originKey);
        break;
      case 'rate':
      case 'slow_down':
        this.later(id, againInMs);
        break;
      case 'blocked':
        break; // the sweep takes its rows off the line, and puts them back when it is free again
      default:
        throw new Error(`A quota cannot be bound by ${boundBy satisfies never}.`);
    }
  }

  /** The latest word on an endpoint holds. */
  private later(endpointId: string, ms: number): void {
    clearTimeout(this.timers.get(endpointId));
    const begin = () => {
      this.timers.delete(endpointId);
      this.ready.add(endpointId);
      this.loop.wake();
    };
    this.timers.set(endpointId, setTimeout(begin, Math.min(ms, 60_000)).unref()); // the probe finds it as well
  }

  private start(opened: Opened, { slow, originKey }: EndpointQuota, leaseEnd: number): void {
    const flight = this.slots.begin(slow);
    // the slot is for sending; writing it down happens beside
    const work = this.deliverer
      .deliver(opened, leaseEnd, () => this.freeSlot(flight))
      .then((next) => {
        if (next.status === 'pending') this.lookAfter(next.delayMs);
      })
      .catch((error) =>
        this.logger.error(
          { event: 'delivery.failed', outbox_id: opened.delivery.id, err: error },
          'A delivery broke off; its lease brings it back',
        ),
      )
      .finally(() => {
        this.freeSlot(flight);
        this.sending.delete(work);
        this.ready.unpark(originKey); // not before the commit: until then the row counts against its endpoint
        if (this.ready.any(1)) this.loop.wake();
      });
    this.sending.add(work);
  }

  private freeSlot(flight: Flight): void {
    this.slots.end(flight);
    if (this.ready.any(1)) this.loop.wake();
  }

  /** A retry that is due soon is not kept waiting for the poll after its time. */
  private lookAfter(ms: number): void {
    if (ms < 10 * this.config.delivery.pollIntervalMs) setTimeout(() => this.hear([]), ms + 1).unref();
  }
}
