import { packageRoot } from '../src/platform/package-root.js';
import { readSystem } from './page/system.js';
import { readResults, writePage } from './page/write-page.js';
import { type SummaryOfAll, summarize, summaryTable } from './support/all.js';
import { cleanUp } from './support/cleanup.js';
import { type Options, readOptions } from './support/options.js';
import { tell } from './support/progress.js';
import { type Report, type Scenario, type ScenarioResult, type Summary, verdict } from './support/report.js';

/** Loaded only when asked for. Add one line to add a scenario. */
const scenarios: Record<string, () => Promise<Scenario>> = {
  accept: () => import('./accept.js'),
  deliver: () => import('./deliver.js'),
  roundtrip: () => import('./roundtrip.js'),
  history: () => import('./history.js'),
  plans: () => import('./plans.js'),
  fairness: () => import('./fairness.js'),
  endpoints: () => import('./endpoints.js'),
  scale: () => import('./scale.js'),
  idle: () => import('./idle.js'),
  work: () => import('./work.js'),
  cancel: () => import('./cancel.js'),
  'http-client': () => import('./http-client.js'),
};

const USAGE = `Usage: npm run bench -- <scenario> [--json] [--quick] [--rounds N] [--rows N] [--profile DIR] [--plans DIR] [--costs]
       npm run bench -- all --from results.json    writes docs/benchmarks.md from what \`all --json\` printed before
       npm run bench -- all --only accept,deliver  measures these again, and keeps what is in docs/benchmarks/results.json of the others
Scenarios: ${Object.keys(scenarios).join(', ')}, all`;

/** Smaller runs of scenarios that show how cost grows; the usual size is the last point of each. */
const GROWTH: [scenario: string, rows: number][] = [
  ['history', 20_000],
  ['history', 200_000],
  ['endpoints', 1_000],
  ['endpoints', 5_000],
];

/** Asked for in a way that cannot be understood. */
class UsageError extends Error {}

let interrupted = false;

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => {
    interrupted = true;
    void cleanUp().finally(() => process.exit(code));
  });
}

try {
  const { scenario, options } = readOptions(process.argv.slice(2));
  if (scenario === 'all') await all(options);
  else show(await measure(named(scenario), options), options);
} catch (error) {
  // what breaks because it is being ended is no news
  if (!interrupted) tell(error instanceof UsageError ? error.message : explain(error));
  process.exitCode = 1;
} finally {
  await cleanUp();
}

function named(scenario: string | null): string {
  if (scenario !== null && Object.hasOwn(scenarios, scenario)) return scenario;
  throw new UsageError(`${scenario === null ? 'Name a scenario.' : `There is no scenario "${scenario}".`}\n${USAGE}`);
}

/** Everything, then the page: unless it goes to a program (`--json`) or means nothing (`--quick`). */
async function all(options: Options): Promise<void> {
  if (options.from !== null) return write(readResults(options.from));
  if (options.only !== null) return again(options.only.map(named), options);
  const system = await readSystem(options);
  const results = await measureEach(Object.keys(scenarios).map((name) => [name, options]));
  const smaller = options.quick ? [] : await measureEach(GROWTH.map(([name, rows]) => [name, { ...options, rows }]));
  const growth = smaller.filter((result) => !('error' in result)) as (Summary & { lines: string[] })[];
  const summary = summarize(results, { quick: options.quick, system, growth });
  if (options.json) return console.log(JSON.stringify(summary));
  console.log(`\n## all\n\n${summaryTable(results).join('\n')}`);
  if (!options.quick) write(summary);
}

/** What could not be measured stays as it was. */
async function again(only: readonly string[], options: Options): Promise<void> {
  if (options.quick) throw new UsageError('Figures that are kept are not measured with --quick.');
  const kept = readResults(packageRoot('docs/benchmarks/results.json'));
  const system = await readSystem(options);
  const measured = new Map((await measureEach(only.map((name) => [name, options]))).map((result) => [result.scenario, result]));
  const results = kept.results.map((result) => {
    const newer = measured.get(result.scenario);
    return newer === undefined || 'error' in newer ? result : newer;
  });
  write(summarize(results, { quick: kept.quick, system, growth: kept.growth }));
}

function write(summary: SummaryOfAll): void {
  for (const path of writePage(packageRoot(), summary)) tell(`wrote ${path}`);
}

/** One after the other; what one of them breaks on stops none of the others. */
async function measureEach(runs: [name: string, options: Options][]): Promise<ScenarioResult[]> {
  const results: ScenarioResult[] = [];
  for (const [name, options] of runs) {
    try {
      const report = await measure(name, options);
      show(report, options);
      results.push({ ...report.summary, lines: report.lines });
    } catch (error) {
      if (interrupted) throw error;
      tell(`${name} could not be measured: ${explain(error)}`);
      process.exitCode = 1;
      results.push({ scenario: name, error: error instanceof Error ? error.message : String(error) });
    } finally {
      await cleanUp();
    }
  }
  return results;
}

async function measure(name: string, options: Options): Promise<Report> {
  tell(`${name} ...`);
  const startedAt = performance.now();
  const { run } = await scenarios[name]!();
  const report = await run(options);
  await cleanUp();
  tell(`${name} took ${Math.round((performance.now() - startedAt) / 1_000)} s`);
  return report;
}

/** A bar that is missed is a result, not an error: only what could not be measured, or must never be, ends with an exit code of 1. */
function show({ summary, lines, faults = [] }: Report, { json }: Options): void {
  if (json) console.log(JSON.stringify(summary));
  else console.log(`\n## ${summary.scenario}\n\n${lines.join('\n')}\n\n${verdict(summary)}`);
  if (faults.length > 0) process.exitCode = 1;
}

function explain(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
