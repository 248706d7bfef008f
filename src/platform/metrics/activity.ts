import type { Sql } from '../database/sql.js';

/** The lengths of the spans that are kept, each with how long: charts of an hour, a day and a week. */
export const ACTIVITY_SPANS = [
  { seconds: 60, keptSeconds: 2 * 3_600 },
  { seconds: 900, keptSeconds: 2 * 86_400 },
  { seconds: 7_200, keptSeconds: 15 * 86_400 },
] as const;

/** Each bucket of times is so much wider than the one before. */
const GROWTH = 1.15;

/** The first bucket whose upper bound, `GROWTH ** bucket` ms, is not passed. */
const bucketOf = (ms: number): number => Math.max(0, Math.ceil(Math.log(Math.max(ms, 1)) / Math.log(GROWTH) - 1e-9));

/**
 * What this process has counted since it last added it to the table `activity`. Nothing waits for that: a process that is killed takes the counts of
 * the last few seconds with it.
 */
export class Activity {
  private counts = new Map<string, number>();

  constructor(private readonly sql: Sql) {}

  count(what: string, n = 1): void {
    this.add(what, 0, n);
  }

  observe(what: string, ms: number): void {
    this.add(what, bucketOf(ms), 1);
  }

  /** What could not be added is added next time. */
  async flush(): Promise<void> {
    const { counts } = this;
    if (counts.size === 0) return;
    this.counts = new Map();
    try {
      const rows = [...counts].map(([key, n]) => [...(JSON.parse(key) as [string, number]), n] as const);
      await this.sql.query(ADD, [rows.map(([what]) => what), rows.map(([, bucket]) => bucket), rows.map(([, , n]) => n)]);
    } catch (error) {
      for (const [key, n] of counts) this.counts.set(key, (this.counts.get(key) ?? 0) + n);
      throw error;
    }
  }

  private add(what: string, bucket: number, n: number): void {
    const key = JSON.stringify([what, bucket]);
    this.counts.set(key, (this.counts.get(key) ?? 0) + n);
  }
}

/** @param n what becomes of a bucket that is there */
const upsert = (n: string): string => `
  INSERT INTO postback.activity AS a (span_seconds, began_at, what, bucket, n)
  SELECT s.span, date_bin(s.span * interval '1 s', now(), '2000-01-01 00:00+00'), c.what, c.bucket, c.n
    FROM unnest($1::text[], $2::smallint[], $3::bigint[]) AS c (what, bucket, n)
   CROSS JOIN unnest(ARRAY[${ACTIVITY_SPANS.map(({ seconds }) => seconds).join(', ')}]) AS s (span)
   ORDER BY s.span, c.what, c.bucket -- in order, several processes wait for one another instead of deadlocking
  ON CONFLICT (span_seconds, began_at, what, bucket) DO UPDATE SET n = ${n}`;

const ADD = upsert('a.n + excluded.n');

/** What waits, for the charts. Stands in the table as `level.` and its name. */
export const LEVELS = ['tasks_queued', 'webhooks_waiting', 'webhooks_held', 'webhooks_dead'] as const;
export type Levels = Record<(typeof LEVELS)[number], number>;

/** Writes down how much there is of each right now; a span keeps the most that was seen in it. */
export async function recordLevels(sql: Sql, levels: Levels): Promise<void> {
  const what = LEVELS.map((level) => `level.${level}`);
  await sql.query(upsert('greatest(a.n, excluded.n)'), [what, LEVELS.map(() => 0), LEVELS.map((level) => levels[level])]);
}

/** Removes spans that no chart shows any more. */
export async function sweepActivity(sql: Sql): Promise<void> {
  for (const { seconds, keptSeconds } of ACTIVITY_SPANS)
    await sql.query(`DELETE FROM postback.activity WHERE span_seconds = $1 AND began_at < now() - $2 * interval '1 s'`, [
      seconds,
      keptSeconds,
    ]);
}

/**
 * The time that a fraction of what was observed stayed under, in ms, within a tenth or so; null when nothing was observed.
 *
 * @param counts of each bucket
 */
export function quantileMs(counts: ReadonlyMap<number, number>, fraction: number): number | null {
  const buckets = [...counts].sort(([a], [b]) => a - b);
  let left = fraction * buckets.reduce((sum, [, n]) => sum + n, 0);
  for (const [bucket, n] of buckets) {
    const [from, to] = [bucket === 0 ? 0 : GROWTH ** (bucket - 1), GROWTH ** bucket];
    if (left <= n) return from + (to - from) * (left / n);
    left -= n;
  }
  return null;
}
