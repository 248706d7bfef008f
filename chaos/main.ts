import { cleanUp } from '../bench/support/cleanup.js';
import { direct } from './direct.js';
import { readOptions } from './options.js';
import { reportLines, scheduleLines } from './report.js';
import { digestOf, planRun, run } from './run.js';
import { planFaults } from './schedule.js';

// the processes of the service end with their channel to us; Postgres is to be stopped
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void cleanUp().finally(() => process.exit(130)));

const tell = (line: string) => console.error(line);

try {
  const { seed, seconds, plant, faults, logs } = readOptions(process.argv.slice(2));
  const outcome = plant === null ? await byChance() : (await direct([plant], { defects: [plant], logs }, tell)).outcome;
  console.log(reportLines(outcome).join('\n'));
  process.exitCode = outcome.violations.length > 0 ? 1 : 0;

  function byChance() {
    const plan = planRun(seed, seconds, faults ? planFaults(seed, seconds) : []);
    console.log(`seed ${seed}, ${seconds} s, schedule ${digestOf(plan)}\n${scheduleLines(plan).join('\n')}`);
    return run(plan, { defects: [], logs }, tell);
  }
} catch (error) {
  console.error(error instanceof RangeError ? error.message : error);
  process.exitCode = 2;
}
