import type { Database } from '../platform/database/database.js';
import { jsonText } from '../platform/json-text.js';
import { recordLevels } from '../platform/metrics/activity.js';
import { type Figures, levelsOf } from './figures.js';
import { readFigures } from './read-figures.js';

export interface ShareSettings {
  /** How long a count serves, in ms. */
  intervalMs: number;
  /** Silence after which a process is taken for dead, in ms. */
  lostMs: number;
}

/**
 * The figures of the latest count, by whichever process. When that is too long ago, one process counts anew and the others who ask
 * meanwhile wait for what it finds: with any number of processes and scrapers the tables are counted once per interval.
 */
export async function shareFigures(database: Database, processId: string, { intervalMs, lostMs }: ShareSettings): Promise<Figures> {
  // scrapers are not punctual: one that comes a little early shall not get the figures of the time before last
  const servesMs = intervalMs * 0.9;
  const known = await latest(database, servesMs);
  if (known?.fresh) return known.figures;
  const counted = await database.transaction(async (tx) => {
    const { count } = await tx.query(`SELECT FROM postback.metrics_figures WHERE counted_at <= now() - $1 * interval '1 ms' FOR UPDATE`, [
      servesMs,
    ]);
    if (count === 0) return null; // somebody else has just done it
    const figures = await readFigures(tx, lostMs);
    await recordLevels(tx, levelsOf(figures));
    await tx.query('UPDATE postback.metrics_figures SET counted_at = now(), counted_by = $1, figures = $2', [processId, jsonText(figures)]);
    return figures;
  });
  return counted ?? (await latest(database, servesMs))!.figures;
}

async function latest(database: Database, servesMs: number): Promise<{ figures: Figures; fresh: boolean } | null> {
  const { rows } = await database.query<{ figures: Figures; fresh: boolean }>(
    `SELECT figures, counted_at > now() - $1 * interval '1 ms' AS fresh FROM postback.metrics_figures WHERE figures IS NOT NULL`,
    [servesMs],
  );
  return rows[0] ?? null;
}
