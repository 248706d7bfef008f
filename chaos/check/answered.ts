import type { Told } from '../ledger.js';
import { type Indexed, type Rule, TERMINAL, type Violation, violation } from './evidence.js';

/** What clients were told holds: an answer is never an accident, a terminal status never changes, and what was accepted is done. */
export const answered: Rule = (indexed) =>
  indexed.evidence.ledger.told.flatMap((told) => {
    const found = checkStatus(told);
    const task = told.n === null ? undefined : indexed.tasksOf.get(told.n)?.[0];
    if (task === undefined || told.status === null) return found;
    const say = (what: string) => found.push(violation('API', what, { taskId: task.id, n: told.n }));
    if (told.what === 'look' && told.status === 200) {
      const { stage } = JSON.parse(told.text);
      if (TERMINAL.includes(stage) && stage !== task.status) say(`A client was shown ${stage}; the task is ${task.status}.`);
    }
    if (told.what === 'cancel') checkCancel(told, task.status, say);
    if (told.what === 'redeliver' && told.status === 202) checkRedelivery(indexed, told, say);
    return found;
  });

/** The whole request did not arrive in time: client or server had no turn on a busy machine. */
const TIMED_OUT = 408;

/** Faults may cost an answer; what comes is a 503, or what the request itself deserves. */
const EXPECTED: Record<Told['what'], readonly number[]> = {
  submit: [202, 422, 503],
  repeat: [202, 422, 503],
  mismatch: [422, 503],
  cancel: [200, 202, 409, 503],
  redeliver: [202, 404, 409, 503],
  look: [200, 503],
  register: [201],
  pause: [200, 409, 503],
  resume: [200, 503],
  rotate: [200, 422, 503],
  'redeliver-dead': [202, 503],
};

function checkStatus(told: Told): Violation[] {
  if (told.status === null || told.status === TIMED_OUT || EXPECTED[told.what].includes(told.status)) return [];
  return [violation('API', `${told.what} was answered with ${told.status}: ${told.text.slice(0, 300)}`, { n: told.n })];
}

function checkCancel({ status, text }: Told, ended: string, say: (what: string) => void): void {
  if (status === 200 && ended !== 'canceled') say(`A cancel was answered with "canceled"; the task is ${ended}.`);
  if (status === 202 && !['canceled', 'completed', 'failed'].includes(ended)) say(`A cancel was accepted, and the task is ${ended}.`);
  if (status === 409 && ended === 'canceled') say(`A cancel was refused (${text.slice(0, 100)}), and the task is canceled.`);
}

/** Asked for again: one more attempt at least. The answer may count it already. */
function checkRedelivery(indexed: Indexed, { text }: Told, say: (what: string) => void): void {
  for (const row of JSON.parse(text).items as { id: string; attempts: number }[]) {
    const attempts = indexed.attemptsOf.get(row.id) ?? [];
    if (!attempts.some(({ attempt, trigger }) => attempt >= row.attempts && trigger !== 'schedule'))
      say(`Redelivery of ${row.id} was accepted after ${row.attempts} attempts, and none of the ${attempts.length} was due to it.`);
  }
}
