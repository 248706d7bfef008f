import { deadLetterAlerts } from '../../alerts/dead-letter.js';
import { raiseAlerts } from '../../alerts/raise.js';
import type { AlertSink } from '../../alerts/sink.js';
import type { Database } from '../../platform/database/database.js';
import type { Sql } from '../../platform/database/sql.js';
import { ANYTHING, BURY, BURY_ORPHANS, HOLD, PROBE, RELEASE, REOPEN } from './sweep-statements.js';

export interface SweepSettings {
  /** A row waits held so long at most, in ms. */
  heldMaxAgeMs: number;
  /** Lost leases in a row that make a row dead. */
  maxLostStreak: number;
  /** How long a probe may be on its way before it is given up, in ms. */
  probeMs: number;
  /** Released rows are spread over this time, in ms: until the next sweep. */
  spreadMs: number;
  /** Told how many rows were given up, once that is committed. */
  onGivenUp?(rows: number): void;
}

export interface Swept {
  held: number;
  released: number;
  probes: number;
  dead: number;
}

/** Rows of one endpoint that one sweep moves; the next sweep goes on. */
const BATCH = 500;
/** What one statement looks at and moves at most, and how many of them one sweep makes: then the next one goes on where it stood. */
const ENDPOINTS = 1_000;
const ROWS = 2_000;
const STATEMENTS = 10;

/** Where the walks over endpoints stand, from sweep to sweep. */
export interface SweepPlace {
  held: string;
  released: string;
  orphaned: string;
}

const FIRST = '00000000-0000-0000-0000-000000000000';

export const startOfSweep = (): SweepPlace => ({ held: FIRST, released: FIRST, orphaned: FIRST });

/**
 * Makes rows agree with the state of their endpoints, in both directions, a bounded batch at a time. The claim alone decides what
 * is sent, so nothing goes wrong when this comes late; the shelf only keeps the index of live rows small.
 */
export async function sweepOutbox(
  database: Database,
  sinks: readonly AlertSink[],
  settings: SweepSettings,
  place = startOfSweep(),
): Promise<Swept> {
  if (!(await isAnything(database, settings))) return { dead: 0, held: 0, probes: 0, released: 0 };
  const { moved: dead, givenUp } = await bury(database, sinks, settings);
  settings.onGivenUp?.(givenUp);
  return {
    dead,
    held: await walk(database, HOLD, place, 'held', []),
    probes: (await count(database, REOPEN, [])) + (await count(database, PROBE, [settings.probeMs])),
    released: await walk(database, RELEASE, place, 'released', [settings.spreadMs]),
  };
}

/** Ends rows whose endpoint is not there any more. Nothing of the service removes an endpoint that has some, so this may come seldom. */
export async function buryOrphans(sql: Sql, place = startOfSweep()): Promise<number> {
  return walk(sql, BURY_ORPHANS, place, 'orphaned', []);
}

/** On most days nothing is blocked, held or lost, and one look is all that a sweep costs. */
async function isAnything(sql: Sql, { maxLostStreak }: SweepSettings): Promise<boolean> {
  const { rows } = await sql.query<{ anything: boolean }>(ANYTHING, [maxLostStreak - 1]);
  return rows[0]!.anything;
}

/** Moves on along the endpoints, one bounded statement after the other. */
async function walk(sql: Sql, statement: string, place: SweepPlace, along: keyof SweepPlace, more: unknown[]): Promise<number> {
  let moved = 0;
  for (let done = 0; done < STATEMENTS; done += 1) {
    const { rows } = await sql.query<{ n: number; last: string | null }>(statement, [BATCH, ENDPOINTS, ROWS, place[along], ...more]);
    const { n, last } = rows[0]!;
    moved += n;
    place[along] = last ?? FIRST;
    if (last === null) break;
  }
  return moved;
}

async function count(sql: Sql, statement: string, values: unknown[]): Promise<number> {
  const { rows } = await sql.query<{ n: number }>(statement, values);
  return rows[0]?.n ?? 0;
}

interface Buried {
  id: string;
  endpoint_id: string;
  tenant: string;
  task_id: string;
  url: string;
  status: string;
  dead_reason: string | null;
  attempts: number;
  last_error: string | null;
}

/** Rows that nothing will come of. A deleted endpoint is its owner's own doing, and alarms nobody. */
async function bury(
  database: Database,
  sinks: readonly AlertSink[],
  { heldMaxAgeMs, maxLostStreak }: SweepSettings,
): Promise<{ moved: number; givenUp: number }> {
  return database.transaction(async (tx) => {
    const { rows } = await tx.query<Buried>(BURY, [heldMaxAgeMs, maxLostStreak - 1, BATCH]);
    const alarming = rows.filter(({ status, dead_reason }) => status === 'dead' && dead_reason !== 'endpoint_deleted');
    await raiseAlerts(tx, sinks, deadLetterAlerts(alarming));
    return { moved: rows.length, givenUp: alarming.length };
  });
}
