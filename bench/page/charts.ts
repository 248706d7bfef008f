import { round, type ScenarioResult, type Summary } from '../support/report.js';
import { median, type Pair } from '../support/statistics.js';
import type { Bar, BarChart } from './bars.js';

type Measured = Extract<ScenarioResult, Summary>;
type Details = Record<string, unknown>;

export interface NamedChart extends BarChart {
  /** Of the file, without its ending. */
  file: string;
}

/** What each side is called where a scenario compares two. */
const SIDES: Record<string, [ours: string, baseline: string]> = {
  accept: ['durable', 'without storage'],
  deliver: ['one dispatcher', 'bare undici loop'],
  endpoints: ['every row to its own URL', 'fifty endpoints'],
  scale: ['two dispatchers', 'one dispatcher'],
  work: ['echo tasks', 'bare pg-boss jobs'],
};

/** The chart of one scenario, made of its own figures; null when there is nothing to draw. */
export function chartOf(result: Measured): NamedChart | null {
  const { scenario: file, details = {}, pairs } = result;
  switch (file) {
    case 'roundtrip':
      return { file, title: 'From the submit to the webhook', unit: 'ms', bars: roundtripBars(details) };
    case 'fairness':
      return { file, title: 'Healthy endpoints: p99 from due to received', unit: 'ms', bars: fairnessBars(details) };
    case 'idle':
      return withBar({ file, title: 'A service with nothing to do', unit: result.unit, bars: [single('transactions', result)] }, result);
    case 'cancel':
      return withBar({ file, title: 'From the cancel to the end of the task', unit: 'ms', bars: [single('p99', result)] }, result);
    default: {
      const names = SIDES[file];
      return names === undefined || pairs === undefined
        ? null
        : { file, title: title(file), unit: result.unit, bars: pairBars(names, pairs) };
    }
  }
}

/** How far each ratio is from its bar: 1 is the bar itself, and more is better, whichever way the bar looks. */
export function overview(results: readonly Measured[]): NamedChart | null {
  const bars = results.flatMap((result) => partsOf(result).flatMap((part) => headroom(part)));
  const mark = { at: 1, name: 'the bar' };
  return bars.length === 0 ? null : { file: 'overview', title: 'Distance from the bar', unit: '1 = the bar, more is better', bars, mark };
}

/** What becomes of a figure when there is more of something. */
export function growth(results: readonly Measured[]): NamedChart[] {
  const of = (name: string) => results.filter(({ scenario }) => scenario === name);
  const rows = (result: Measured) => Number((result.details as Details | undefined)?.deliveredRows);
  const urls = (result: Measured) => Number((result.details as Details | undefined)?.urls);
  return [
    series('growth-history', 'The cost of a claim, beside delivered rows', of('history'), rows, 'none'),
    series('growth-endpoints', 'Deliveries, by the number of URLs', of('endpoints'), urls, '50, known'),
    series('growth-processes', 'Deliveries, by dispatcher processes', of('scale'), () => 2, '1'),
  ].filter((chart) => chart !== null);
}

function series(
  file: string,
  text: string,
  results: readonly Measured[],
  size: (result: Measured) => number,
  first: string,
): NamedChart | null {
  const sorted = results.toSorted((a, b) => size(a) - size(b)).filter(({ pairs }) => pairs !== undefined);
  if (sorted.length === 0) return null;
  const last = sorted.at(-1)!;
  const baseline = bar(
    first,
    last.pairs!.map((pair) => pair.baseline),
    true,
  );
  const bars = sorted.map((result) =>
    bar(
      size(result).toLocaleString('en-GB'),
      result.pairs!.map(({ ours }) => ours),
    ),
  );
  return { file, title: text, unit: last.unit, bars: [baseline, ...bars] };
}

interface Part {
  name: string;
  ratio: number | null;
  bar: string | null;
  spread: readonly [number, number];
}

/** A scenario has one bar, or several with a name each. One that is met in either of two ways has no distance. */
function partsOf(result: Measured): Part[] {
  const { scenario, ratio, bar: text, spread, value, details = {} } = result;
  if (scenario === 'roundtrip')
    return ['p50', 'p99'].map((name) => ({ name: `roundtrip, ${name}`, ...(details[name] as Omit<Part, 'name'>) }));
  return [{ name: scenario, ratio: ratio ?? value, bar: text, spread }];
}

function headroom({ name, ratio, bar: text, spread }: Part): Bar[] {
  const [, sign, digits] = /^([<>]=) ([\d.]+)$/.exec(text ?? '') ?? [];
  const limit = Number(digits);
  if (sign === undefined || !(limit > 0) || ratio === null) return [];
  const of = (value: number) => round(sign === '>=' ? value / limit : limit / value);
  const [a, b] = [of(spread[0]), of(spread[1])];
  return Number.isFinite(Math.max(a, b, of(ratio))) ? [{ name, value: of(ratio), spread: [Math.min(a, b), Math.max(a, b)] }] : [];
}

function pairBars([ours, baseline]: [string, string], pairs: readonly Pair[]): Bar[] {
  return [
    bar(
      ours,
      pairs.map((pair) => pair.ours),
    ),
    bar(
      baseline,
      pairs.map((pair) => pair.baseline),
      true,
    ),
  ];
}

function roundtripBars(details: Details): Bar[] {
  return ['p50', 'p99'].flatMap((name) => {
    const { pairs = [] } = details[name] as { pairs?: Pair[] };
    return pairs.length === 0 ? [] : pairBars([name, `bare ${name}`], pairs);
  });
}

function fairnessBars({ p99Ms }: Details): Bar[] {
  const rounds = p99Ms as { alone: number; blackHole: number; slow: number }[];
  return [
    bar(
      'alone',
      rounds.map(({ alone }) => alone),
      true,
    ),
    bar(
      'beside a black hole',
      rounds.map(({ blackHole }) => blackHole),
    ),
    bar(
      'beside slow endpoints',
      rounds.map(({ slow }) => slow),
    ),
  ];
}

function bar(name: string, values: readonly number[], quiet = false): Bar {
  return { name, value: round(median(values)), spread: [Math.min(...values), Math.max(...values)], quiet };
}

const single = (name: string, { value, spread }: Measured): Bar => ({ name, value, spread });

function withBar(chart: NamedChart, { bar: text }: Measured): NamedChart {
  const limit = Number(/^<= ([\d.]+)$/.exec(text ?? '')?.[1]);
  return Number.isFinite(limit) ? { ...chart, mark: { at: limit, name: `bar: ${limit}` } } : chart;
}

function title(scenario: string): string {
  const titles: Record<string, string> = {
    accept: 'Submits that are stored before they are answered',
    deliver: 'Webhooks delivered, signed and written down',
    endpoints: 'Webhooks delivered, by kind of endpoint',
    scale: 'Webhooks delivered, by dispatcher processes',
    work: 'Tasks run',
  };
  return titles[scenario] ?? scenario;
}
