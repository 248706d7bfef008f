import { readOptions } from './options.js';
import { reportLines, scheduleLines } from './report.js';
import { digestOf, planRun, run } from './run.js';
import { planFaults } from './schedule.js';

try {
  const { seed, seconds, defect, faults, logs } = readOptions(process.argv.slice(2));
  const plan = planRun(seed, seconds, faults ? planFaults(seed, seconds) : [], { defect, logs });
  console.log(`schedule ${digestOf(plan)}\n${scheduleLines(plan).join('\n')}`);
  const outcome = await run(plan, (line) => console.error(line));
  console.log(reportLines(plan, outcome).join('\n'));
  process.exitCode = outcome.violations.length > 0 ? 1 : 0;
} catch (error) {
  console.error(error instanceof RangeError ? error.message : error);
  process.exitCode = 2;
}
