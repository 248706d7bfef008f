import type { SummaryOfAll } from '../support/all.js';
import type { ScenarioResult, Summary } from '../support/report.js';
import { drawBars } from './bars.js';
import { chartOf, growth, type NamedChart, overview } from './charts.js';

type Measured = Extract<ScenarioResult, Summary>;

/** What each scenario asks, in the order of the page. */
const QUESTIONS: Record<string, string> = {
  accept: 'How many submits a second are durably accepted, against the same route that keeps nothing?',
  deliver: 'How fast does one dispatcher empty the outbox, against a bare loop that signs and sends the same bodies and keeps nothing?',
  roundtrip: 'How long from a submit to its webhook, against one HTTP round trip and three commits?',
  history: 'What does a claim cost beside millions of delivered rows, against an outbox without a past?',
  plans: 'Does any statement of the delivery engine read a large table whole, or use no index?',
  fairness: 'How long do healthy endpoints wait beside a black hole with a large backlog, and beside a thousand slow endpoints?',
  endpoints: 'What does it cost that every webhook goes to another URL?',
  scale: 'How much faster are two dispatcher processes than one?',
  idle: 'How many transactions a second does a service with nothing to do make?',
  work: "How many tasks a second does one worker run, against pg-boss' own loop with an empty handler?",
  cancel: 'How long does a cancel take to reach a run in another process?',
  'http-client': 'What do HTTP clients, and the guard around ours, cost for each request?',
};

/** Files by their path below the folder of the page. */
export type Files = Record<string, string>;

/** The page with its charts, made of nothing but these results. Throws when their figures mean nothing. */
export function benchmarksPage(all: SummaryOfAll): Files {
  if (all.quick)
    throw new Error('These are the results of a smoke test (--quick): their figures mean nothing, and no page is made of them.');
  const measured = all.results.filter((result) => !('error' in result)) as Measured[];
  const grown = growth([...measured, ...all.growth]);
  const charts = [overview(measured), ...measured.map(chartOf), ...grown].filter((chart) => chart !== null);
  return {
    'benchmarks.md': `${[...head(all), ...table(all, charts), ...growthSection(all, grown), ...all.results.flatMap((result) => section(result, charts))].join('\n').trimEnd()}\n`,
    'benchmarks/results.json': `${JSON.stringify(all, null, 2)}\n`,
    ...Object.fromEntries(charts.map((chart) => [`benchmarks/${chart.file}.svg`, drawBars(chart)])),
  };
}

function head({ system, finishedAt }: SummaryOfAll): string[] {
  return [
    '# Benchmarks',
    '',
    'Written by `npm run bench -- all`, and by nobody else: a test makes this page again from [results.json](benchmarks/results.json). Both sides of a comparison take turns in one run,',
    'so that whatever else the machine does hits both; figures are medians of the rounds, with the lowest and the highest. One scenario alone: `npm run bench -- deliver`;',
    'one that is to be measured again for this page, as some were on the day below: `npm run bench -- all --only deliver`.',
    '',
    '| measured on | |',
    '|---|---|',
    `| date | ${finishedAt.slice(0, 10)} |`,
    ...Object.entries(system).map(([name, value]) => `| ${name} | ${value} |`),
    '',
    'Load, receivers, Postgres and the service share this one machine.',
    '',
  ];
}

function table({ results }: SummaryOfAll, charts: readonly NamedChart[]): string[] {
  return [
    '## In short',
    '',
    '| scenario | value | baseline | ratio | lowest to highest | bar | |',
    '|---|---|---|---|---|---|---|',
    ...results.map((result) => ('error' in result ? failedRow(result) : row(result))),
    '',
    ...image(charts, 'overview'),
  ];
}

function row({ scenario, value, unit, baseline, ratio, spread, bar, pass }: Measured): string {
  return `| [${scenario}](#${scenario}) | ${value} ${short(unit)} | ${baseline ?? ''} | ${ratio ?? ''} | ${spread.join(' to ')} | ${bar ?? ''} | ${verdict(bar, pass)} |`;
}

const verdict = (bar: string | null, pass: boolean) => (bar === null ? 'reported' : pass ? 'met' : '**missed**');

/** Where the second bar's figures are is of interest to programs only. */
const short = (unit: string) => unit.replace('; p99 in details', '');

const failedRow = ({ scenario }: { scenario: string }) => `| [${scenario}](#${scenario}) | not measured | | | | | |`;

function growthSection({ growth: runs }: SummaryOfAll, charts: readonly NamedChart[]): string[] {
  if (charts.length === 0) return [];
  const rows = runs.map(({ scenario, value, unit, baseline, ratio, spread, details = {} }) => {
    const size = details.deliveredRows ?? details.urls;
    return `| ${scenario} | ${Number(size).toLocaleString('en-GB')} | ${value} ${unit} | ${baseline ?? ''} | ${ratio ?? ''} | ${spread.join(' to ')} |`;
  });
  return [
    '## How cost grows',
    '',
    'With history, with endpoints, with processes. The first bar of each chart is the baseline of the largest run.',
    '',
    ...charts.flatMap(({ file }) => image(charts, file)),
    ...(rows.length === 0
      ? []
      : [
          'The smaller runs; the largest ones are in the sections below.',
          '',
          '| scenario | delivered rows, or URLs | value | baseline | ratio | lowest to highest |',
          '|---|---|---|---|---|---|',
          ...rows,
          '',
        ]),
  ];
}

function section(result: ScenarioResult, charts: readonly NamedChart[]): string[] {
  const { scenario } = result;
  const heading = [`## ${scenario}`, '', ...(QUESTIONS[scenario] ? [`*${QUESTIONS[scenario]}*`, ''] : [])];
  if ('error' in result) return [...heading, `It could not be measured: ${result.error.split('\n', 1)[0]}`, ''];
  return [...heading, ...image(charts, scenario), ...abridged(scenario, result.lines), ''];
}

/** Whatever a scenario prints below headings of its own is for those who run it. */
function abridged(scenario: string, lines: readonly string[]): string[] {
  const end = lines.findIndex((line) => line.startsWith('### '));
  return end === -1 ? [...lines] : [...lines.slice(0, end), `The rest is printed by \`npm run bench -- ${scenario}\`.`];
}

function image(charts: readonly NamedChart[], file: string): string[] {
  const chart = charts.find((each) => each.file === file);
  return chart === undefined ? [] : [`![${chart.title}](benchmarks/${file}.svg)`, ''];
}

/** The lines for the README: what was measured against what, for those who read no further. */
export function headlines({ results }: SummaryOfAll): string[] {
  const lines = results.flatMap((result) => {
    if ('error' in result || result.ratio === null || QUESTIONS[result.scenario] === undefined) return [];
    const { scenario, value, unit, baseline, ratio, spread, bar, pass } = result;
    const judged = bar === null ? verdict(bar, pass) : `bar ${bar}: ${verdict(bar, pass)}`;
    return [`- **${scenario}**: ${value} ${short(unit)} against ${baseline}: × ${ratio} (${spread.join(' to ')}; ${judged})`];
  });
  return [...lines, '', 'What these are, on which machine, and how they grow: [docs/benchmarks.md](docs/benchmarks.md).'];
}
