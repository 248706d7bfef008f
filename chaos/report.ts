import { historyOf } from './check/history.js';
import type { Outcome, Plan } from './run.js';
import { describeFault } from './schedule.js';

/** Violations of one kind are shown so often with their history; the rest is counted. */
const SHOWN = 3;

export function reportLines(outcome: Outcome): string[] {
  return [...happenedLines(outcome), ...summaryLines(outcome), ...recoveryLines(outcome), ...violationLines(outcome)];
}

function happenedLines({ ledger: { happened } }: Outcome): string[] {
  const [first] = happened;
  return happened.map(({ fault, at, until, note }) => {
    const from = ((at - first!.at) / 1_000).toFixed(1).padStart(6);
    return `${from} s  ${fault}: ${note} (over after ${Math.round(until - at)} ms)`;
  });
}

function summaryLines({ ledger, indexed, repeats, healedMs, errors }: Outcome): string[] {
  const { database } = indexed.evidence;
  const statuses = countBy(database.tasks.map(({ status }) => status));
  const outcomes = countBy(database.attempts.map(({ outcome }) => outcome));
  const duplicates = Object.entries(repeats).filter(([reason]) => reason !== 'asked');
  return [
    `faults: ${ledger.happened.length} (${words(countBy(ledger.happened.map(({ fault }) => fault.split(' ')[0]!)))})`,
    `told: ${ledger.told.length} calls (${words(countBy(ledger.told.map(({ what, status }) => `${what} ${status ?? 'no answer'}`)))})`,
    `tasks: ${database.tasks.length} (${words(statuses)}); ${sum(database.tasks.map(({ interruptions }) => interruptions))} interruptions`,
    `webhooks: ${database.outbox.length}, received ${ledger.received.length} requests; attempts: ${words(outcomes)}`,
    `duplicates: ${sum(duplicates.map(([, n]) => n))} of ${ledger.received.length} requests (${words(Object.fromEntries(duplicates)) || 'none'}); asked for again: ${repeats.asked ?? 0}`,
    `healed in ${(healedMs / 1_000).toFixed(1)} s`,
    `errors in the logs: ${words(errors) || 'none'}`,
  ];
}

function recoveryLines({ recoveries }: Outcome): string[] {
  if (recoveries.length === 0) return [];
  const kinds = [...Map.groupBy(recoveries, ({ fault }) => fault)].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    'after a fault, in ms until the next 202 and the next webhook accepted (median, most):',
    ...kinds.map(
      ([kind, each]) =>
        `  ${kind.padEnd(24)} ${spread(each.map(({ accepted }) => accepted))}   ${spread(each.map(({ delivered }) => delivered))}`,
    ),
  ];
}

function spread(times: readonly (number | null)[]): string {
  const known = times.filter((time) => time !== null).sort((a, b) => a - b);
  if (known.length === 0) return '     -      -';
  return `${String(Math.round(known[Math.floor(known.length / 2)]!)).padStart(6)} ${String(Math.round(known.at(-1)!)).padStart(6)}`;
}

function violationLines({ violations, indexed }: Outcome): string[] {
  if (violations.length === 0) return ['no violation'];
  const groups = [...Map.groupBy(violations, ({ promise, what }) => `${promise} ${what.replaceAll(/[0-9a-f-]{36}|\d+/g, '#')}`).values()];
  return groups.flatMap((group) => [
    '',
    ...group
      .slice(0, SHOWN)
      .flatMap((each) => [`VIOLATION of ${each.promise}: ${each.what}`, ...historyOf(indexed, each).map((line) => `    ${line}`)]),
    ...(group.length > SHOWN ? [`... and ${group.length - SHOWN} more like these`] : []),
  ]);
}

export function scheduleLines({ faults }: Plan): string[] {
  return faults.map(({ atMs, fault }) => `  ${(atMs / 1_000).toFixed(1).padStart(5)} s  ${describeFault(fault)}`);
}

function countBy(words: readonly string[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(words, (word) => word)].map(([word, each]) => [word, each.length]));
}

const words = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([word, n]) => `${n} ${word}`)
    .join(', ');

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
