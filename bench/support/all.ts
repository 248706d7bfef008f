import { machine, type ScenarioResult, type Summary } from './report.js';

/** What `all --json` prints as the last line: the shape of every scenario's line, counting bars, with all results in it. */
export interface SummaryOfAll extends Summary {
  /** When the last scenario ended, ISO 8601. */
  finishedAt: string;
  /** A smoke test: the figures mean nothing. */
  quick: boolean;
  /** Machine and versions, by name. */
  system: Record<string, string>;
  /** Scenarios again with less of what they are about, for how cost grows; not judged. */
  growth: readonly (Summary & { lines: string[] })[];
  /** In the order they ran: what each printed itself, and its Markdown; or why it could not be measured. */
  results: readonly ScenarioResult[];
}

export type Circumstances = Pick<SummaryOfAll, 'quick' | 'system' | 'growth'>;

export function summarize(results: readonly ScenarioResult[], circumstances: Circumstances): SummaryOfAll {
  const judged = results.filter((result) => 'error' in result || result.bar !== null);
  const met = judged.filter((result) => !('error' in result) && result.pass).length;
  const ratio = judged.length === 0 ? 1 : met / judged.length;
  return {
    scenario: 'all',
    value: met,
    unit: 'bars met',
    baseline: judged.length,
    ratio,
    bar: '>= 1',
    pass: met === judged.length,
    samples: results.length,
    spread: [ratio, ratio],
    machine: machine(),
    finishedAt: new Date().toISOString(),
    ...circumstances,
    results,
  };
}

/** A line for each scenario. */
export function summaryTable(results: readonly ScenarioResult[]): string[] {
  return [
    '| scenario | value | baseline | ratio (lowest to highest) | bar | |',
    '|---|---|---|---|---|---|',
    ...results.map((result) =>
      'error' in result ? `| ${result.scenario} | not measured: ${firstLine(result.error)} | | | | FAILED |` : line(result),
    ),
    '',
    machine(),
  ];
}

function line({ scenario, value, unit, baseline, ratio, spread, bar, pass }: Summary): string {
  const range = `${spread[0]} to ${spread[1]}`;
  const judged = bar === null ? 'reported' : pass ? 'met' : 'MISSED';
  // without a ratio the spread is that of the value
  const [figure, ratioText] = ratio === null ? [`${value} ${unit} (${range})`, ''] : [`${value} ${unit}`, `${ratio} (${range})`];
  return `| ${scenario} | ${figure} | ${baseline ?? ''} | ${ratioText} | ${bar ?? 'none'} | ${judged} |`;
}

const firstLine = (text: string) => text.split('\n', 1)[0];
