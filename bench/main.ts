import { cleanUp } from './support/cleanup.js';
import { type Options, readOptions } from './support/options.js';
import { tell } from './support/progress.js';
import { type Report, verdict } from './support/report.js';

/** Loaded only when asked for. Add one line to add a scenario. */
const scenarios: Record<string, () => Promise<{ run(options: Options): Promise<Report> }>> = {
  accept: () => import('./accept.js'),
  deliver: () => import('./deliver.js'),
  endpoints: () => import('./endpoints.js'),
  history: () => import('./history.js'),
  fairness: () => import('./fairness.js'),
  work: () => import('./work.js'),
  cancel: () => import('./cancel.js'),
  'http-client': () => import('./http-client.js'),
};

const USAGE = `Usage: npm run bench -- <scenario> [--json] [--quick] [--rounds N] [--rows N] [--profile DIR] [--plans DIR]
Scenarios: ${Object.keys(scenarios).join(', ')}, all`;

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
  for (const name of named(scenario)) await measure(name, options);
} catch (error) {
  // what breaks because it is being ended is no news
  if (!interrupted)
    tell(error instanceof UsageError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
} finally {
  await cleanUp();
}

function named(scenario: string | null): string[] {
  if (scenario === 'all') return Object.keys(scenarios);
  if (scenario !== null && Object.hasOwn(scenarios, scenario)) return [scenario];
  throw new UsageError(`${scenario === null ? 'Name a scenario.' : `There is no scenario "${scenario}".`}\n${USAGE}`);
}

/** A bar that is missed is a result, not an error: only what could not be measured ends with an exit code of 1. */
async function measure(name: string, options: Options): Promise<void> {
  tell(`${name} ...`);
  const startedAt = performance.now();
  const { run } = await scenarios[name]!();
  const { summary, lines } = await run(options);
  await cleanUp();
  tell(`${name} took ${Math.round((performance.now() - startedAt) / 1_000)} s`);
  if (options.json) console.log(JSON.stringify(summary));
  else console.log(`\n## ${name}\n\n${lines.join('\n')}\n\n${verdict(summary)}`);
}
