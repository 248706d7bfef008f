import { availableParallelism, cpus } from 'node:os';
import type { Options } from './options.js';
import { type Pair, spreadOf } from './statistics.js';

/** What `--json` prints as the last line. */
export interface Summary {
  scenario: string;
  value: number;
  unit: string;
  /** In the same unit; null when there is nothing to compare with. */
  baseline: number | null;
  ratio: number | null;
  /** Of the ratio, or of the value when there is no ratio; null: the scenario only reports. */
  bar: string | null;
  pass: boolean;
  /** Pairs, or whatever `value` is the median of. */
  samples: number;
  /** Lowest and highest of what the bar is about. */
  spread: [number, number];
  machine: string;
  /** What the medians were taken of, in the order of the rounds; where there are pairs. */
  pairs?: Pair[];
  /** Further figures of a scenario that has several. */
  details?: Record<string, unknown>;
}

export interface Report {
  summary: Summary;
  /** For people: lines of Markdown. */
  lines: string[];
  /** What was seen and must never be: the command then fails, which a missed bar alone does not make it do. */
  faults?: string[];
}

/** A file that measures something. */
export interface Scenario {
  run(options: Options): Promise<Report>;
}

/** What became of a scenario within `all`. */
export type ScenarioResult = (Summary & { lines: string[] }) | { scenario: string; error: string };

/** The medians of the pairs against a bar for their ratio; the ratio is the median of each pair's own. */
export function compare(scenario: string, unit: string, pairs: readonly Pair[], bar: { atLeast?: number; atMost?: number }): Summary {
  const ratios = spreadOf(pairs.map(({ ours, baseline }) => ours / baseline));
  return {
    scenario,
    value: round(spreadOf(pairs.map(({ ours }) => ours)).median),
    unit,
    baseline: round(spreadOf(pairs.map(({ baseline }) => baseline)).median),
    ratio: round(ratios.median),
    bar: barText(bar),
    pass: ratios.median >= (bar.atLeast ?? 0) && ratios.median <= (bar.atMost ?? Number.POSITIVE_INFINITY),
    samples: pairs.length,
    spread: [round(ratios.low), round(ratios.high)],
    machine: machine(),
    pairs: pairs.map(({ ours, baseline }) => ({ ours: round(ours), baseline: round(baseline) })),
  };
}

/** The pairs as a table, under what was done. */
export function pairTable(what: string, names: { ours: string; baseline: string }, pairs: readonly Pair[], summary: Summary): string[] {
  return [
    what,
    '',
    `| round | ${names.ours} | ${names.baseline} | ratio |`,
    '|---|---|---|---|',
    ...pairs.map(({ ours, baseline }, i) => `| ${i + 1} | ${round(ours)} | ${round(baseline)} | ${round(ours / baseline)} |`),
    `| **median** | **${summary.value}** | **${summary.baseline}** | **${summary.ratio}** (${summary.spread.join(' to ')}) |`,
  ];
}

/** Three digits are all that a noisy machine can tell. */
export function round(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(value >= 1_000 ? 4 : 3)) : value;
}

export function verdict({ bar, pass, machine }: Summary): string {
  return `${bar === null ? 'No bar' : `Bar ${bar}: ${pass ? 'met' : 'MISSED'}`}; ${machine}`;
}

export function machine(): string {
  return `${availableParallelism()} cores of ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`;
}

function barText({ atLeast, atMost }: { atLeast?: number; atMost?: number }): string | null {
  if (atLeast !== undefined) return `>= ${atLeast}`;
  return atMost === undefined ? null : `<= ${atMost}`;
}
