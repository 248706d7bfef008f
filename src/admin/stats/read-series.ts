import type { Sql } from '../../platform/database/sql.js';
import { LEVELS, type Levels, quantileMs } from '../../platform/metrics/activity.js';
import { TERMINAL_STAGES, type TerminalStage } from '../../tasks/states.js';

/** Each with the length of its buckets and how many it has, the one that is still filling included. */
export const WINDOWS = {
  '1h': { bucketSeconds: 60, buckets: 61 },
  '24h': { bucketSeconds: 900, buckets: 97 },
  '7d': { bucketSeconds: 7_200, buckets: 85 },
} as const;
export type Window = keyof typeof WINDOWS;

export interface SeriesBucket {
  at: Date;
  delivered: number;
  failed: number;
  success_rate: number | null;
  lag_p50_seconds: number | null;
  lag_p95_seconds: number | null;
  dead: number;
  tasks: Record<TerminalStage, number>;
  most_waiting: Levels | null;
}

interface Count {
  at: Date;
  what: string | null;
  bucket: number;
  n: number;
}

/** Oldest first, those in which nothing happened included. */
export async function readSeries(sql: Sql, window: Window): Promise<SeriesBucket[]> {
  const { bucketSeconds, buckets } = WINDOWS[window];
  const { rows } = await sql.query<Count>(SERIES, [bucketSeconds, buckets - 1]);
  return [...Map.groupBy(rows, ({ at }) => at.getTime()).values()].map(toBucket);
}

const SERIES = `
  SELECT t.at, a.what, a.bucket, a.n::float8 AS n
    FROM (SELECT date_bin($1::integer * interval '1 s', now(), '2000-01-01 00:00+00') AS at) latest
   CROSS JOIN LATERAL generate_series(latest.at - $2::integer * $1::integer * interval '1 s', latest.at, $1::integer * interval '1 s') AS t (at)
    LEFT JOIN postback.activity a ON a.span_seconds = $1::integer AND a.began_at = t.at
   ORDER BY t.at`;

function toBucket(counts: Count[]): SeriesBucket {
  const of = (what: string) => counts.find((count) => count.what === what)?.n ?? 0;
  const lags = new Map(counts.filter(({ what }) => what === 'delivery.lag').map(({ bucket, n }) => [bucket, n]));
  const [delivered, failed] = [of('attempt.delivered'), of('attempt.failed')];
  return {
    at: counts[0]!.at,
    delivered,
    failed,
    success_rate: delivered + failed === 0 ? null : delivered / (delivered + failed),
    lag_p50_seconds: seconds(quantileMs(lags, 0.5)),
    lag_p95_seconds: seconds(quantileMs(lags, 0.95)),
    dead: of('webhook.dead'),
    most_waiting: counts.some(({ what }) => what?.startsWith('level.'))
      ? (Object.fromEntries(LEVELS.map((level) => [level, of(`level.${level}`)])) as Levels)
      : null,
    tasks: Object.fromEntries(TERMINAL_STAGES.map((stage) => [stage, of(`task.${stage}`)])) as Record<TerminalStage, number>,
  };
}

const seconds = (ms: number | null): number | null => (ms === null ? null : Math.round(ms) / 1_000);
