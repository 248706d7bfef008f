import pg from 'pg';
import type { Sql } from '../database/sql.js';
import type { Logger } from '../logging/logger.js';
import type { WakeUps, WakeUpTopic } from './wake-ups.js';

export const WAKE_UP_CHANNEL = 'postback_wake_up';
/** A payload ends at 8,000 bytes, and an id is 36 of them. */
const IDS_PER_NOTIFICATION = 200;
/** Between two notifications of one topic from one process, in ms: the first goes at once, a burst becomes five a second. */
const QUIET_MS = 200;
const RECONNECT_MS = 1_000;

/** Rings of one topic that go out together. */
interface Rings {
  /** One of them named no row. */
  unnamed: boolean;
  ids: Set<string>;
}

/**
 * Carries wake-ups between processes by NOTIFY. Never within the transaction that made them worth it, unless that is as rare as
 * a cancel: a NOTIFY takes a lock over the whole database at its commit, and would put all commits in a line.
 */
export class WakeUpChannel {
  private readonly quiet = new Map<WakeUpTopic, Rings>();
  private client: pg.Client | null = null;
  private closed = false;
  private reconnect: NodeJS.Timeout | null = null;

  constructor(
    private readonly url: string,
    private readonly sql: Sql,
    private readonly wakeUps: WakeUps,
    private readonly logger: Logger,
    /** Tells our own notifications from those of others: we have rung here already. */
    private readonly processId: string,
  ) {}

  open(): void {
    this.wakeUps.relayTo((topic, ids) => this.tell(topic, ids));
    void this.listen();
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.reconnect !== null) clearTimeout(this.reconnect);
    await this.client?.end().catch(() => {});
  }

  private tell(topic: WakeUpTopic, ids: readonly string[]): void {
    const gathered = this.quiet.get(topic);
    const rings = gathered ?? { unnamed: false, ids: new Set() };
    if (ids.length === 0) rings.unnamed = true;
    for (const id of ids) rings.ids.add(id);
    if (gathered === undefined) this.send(topic, rings);
  }

  private send(topic: WakeUpTopic, rings: Rings): void {
    const next: Rings = { unnamed: false, ids: new Set() };
    this.quiet.set(topic, next);
    void this.notify(topic, rings);
    setTimeout(() => {
      this.quiet.delete(topic);
      if ((next.unnamed || next.ids.size > 0) && !this.closed) this.send(topic, next);
    }, QUIET_MS).unref();
  }

  private async notify(topic: WakeUpTopic, rings: Rings): Promise<void> {
    await this.sql
      .query('SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS n (payload)', [
        WAKE_UP_CHANNEL,
        payloads(topic, this.processId, rings),
      ])
      .catch(() => {}); // polling finds it all the same
  }

  private async listen(): Promise<void> {
    if (this.closed) return;
    const client = new pg.Client({
      connectionString: this.url,
      application_name: 'postback wake-ups',
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
    });
    client.on('notification', ({ payload }) => this.hear(payload ?? ''));
    client.on('error', () => {}); // 'end' follows
    client.once('end', () => this.listenAgain());
    try {
      await client.connect();
      await client.query(`LISTEN ${WAKE_UP_CHANNEL}`);
      this.client = client;
      if (this.closed) await client.end();
    } catch (error) {
      this.logger.warn({ event: 'wake_ups.deaf', err: error }, 'Cannot hear wake-ups of other processes; polling goes on');
      await client.end().catch(() => {});
      this.listenAgain();
    }
  }

  private hear(payload: string): void {
    const [topic, from, ...ids] = payload.split(' ');
    if (from !== this.processId) this.wakeUps.ringHere(topic as WakeUpTopic, ids);
  }

  private listenAgain(): void {
    this.client = null;
    if (this.closed || this.reconnect !== null) return;
    this.reconnect = setTimeout(() => {
      this.reconnect = null;
      void this.listen();
    }, RECONNECT_MS);
  }
}

/** As many messages as it takes. One that names nothing is not made up for by others that do. */
function payloads(topic: WakeUpTopic, from: string, { unnamed, ids }: Rings): string[] {
  const all = [...ids];
  const messages = unnamed ? [wakeUpPayload(topic, from, [])] : [];
  for (let start = 0; start < all.length; start += IDS_PER_NOTIFICATION)
    messages.push(wakeUpPayload(topic, from, all.slice(start, start + IDS_PER_NOTIFICATION)));
  return messages;
}

/** What goes over the channel: `topic sender id id ...`. A process does not listen to itself. */
export const wakeUpPayload = (topic: WakeUpTopic, from: string, ids: readonly string[]): string => [topic, from, ...ids].join(' ');
