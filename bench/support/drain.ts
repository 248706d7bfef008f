import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { cpuByProcess, tellCpuSince } from './cpu.js';
import type { Endpoints } from './endpoints.js';
import { clearRows, loadRows, settle } from './load-rows.js';
import type { Sink } from './start-sink.js';

export interface Drain {
  client: pg.Client;
  sink: Sink;
  to: Endpoints;
  rows: number;
  /** Given up after so long; what was delivered by then gives the rate. */
  limitMs: number;
  /** Tell where the CPU went. */
  costs?: boolean;
}

export interface Drained {
  perSecond: number;
  seconds: number;
  delivered: number;
  duplicates: number;
}

/**
 * Loads rows that become due a little later, all at once, and times from the first claim to the moment when a look from
 * outside finds every row committed as delivered; both by the database's clock.
 */
export async function drain({ client, sink, to, rows, limitMs, costs }: Drain): Promise<Drained> {
  await clearRows(client);
  await sink.ask('reset', null);
  const loadedFrom = performance.now();
  const dueAt = await loadRows(client, { rows, to, dueInMs: leadMs(rows) });
  await settle(client);
  loadMsPerRow = Math.max(loadMsPerRow ?? 0, (performance.now() - loadedFrom) / rows);
  if (Date.now() > dueAt) throw new Error('Loading took longer than expected: rows were due before they were all there.');
  const cpuBefore = costs ? cpuByProcess() : null;
  await sink.ask('reach', { count: rows, withinMs: dueAt - Date.now() + limitMs });
  const endedAt = await untilCommitted(client, limitMs);
  if (cpuBefore) tellCpuSince(cpuBefore, rows);
  const { delivered, startedAt } = await lookBack(client);
  const { duplicates } = await sink.ask('tally', null);
  const seconds = endedAt - startedAt;
  return { perSecond: delivered / seconds, seconds, delivered, duplicates };
}

/** The slowest load so far. */
let loadMsPerRow: number | null = null;

/** It is waited for, not measured: generous at first, then what loading was seen to take, twice over. */
const leadMs = (rows: number) => Math.min(3_000 + rows * 0.25, 1_500 + rows * 2 * (loadMsPerRow ?? 1));

async function untilCommitted(client: pg.Client, limitMs: number): Promise<number> {
  const giveUpAt = performance.now() + Math.min(5_000, limitMs);
  for (;;) {
    const { rows } = await client.query<{ drained: boolean; now: string }>(
      `SELECT NOT EXISTS (SELECT FROM postback.webhook_outbox WHERE status IN ('pending', 'delivering')) AS drained,
              extract(epoch FROM clock_timestamp()) AS now`,
    );
    if (rows[0]!.drained || performance.now() > giveUpAt) return Number(rows[0]!.now);
    await delay(5);
  }
}

async function lookBack(client: pg.Client): Promise<{ delivered: number; startedAt: number }> {
  const { rows } = await client.query<{ delivered: number; started: string | null }>(
    `SELECT count(*) FILTER (WHERE status = 'delivered')::int AS delivered, extract(epoch FROM min(claimed_at)) AS started FROM postback.webhook_outbox`,
  );
  const { delivered, started } = rows[0]!;
  if (started === null) throw new Error('No row was ever claimed.');
  return { delivered, startedAt: Number(started) };
}
