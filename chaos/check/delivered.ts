import type { Received } from '../ledger.js';
import { type Indexed, type Rule, type Violation, violation } from './evidence.js';
import type { AttemptRow, OutboxRow } from './read-database.js';

/** G3 to G6, for webhooks: none is lost, none is sent twice without a reason, and what is written down is what happened. */
export const delivered: Rule = (indexed) => indexed.evidence.database.outbox.flatMap((row) => checkRow(indexed, row));

const UNCHARGED = ['delivered', 'released', 'unknown', 'not_sent', 'blocked'];
const REASONS = [
  'exhausted',
  'gone',
  'blocked_target',
  'payload_rejected',
  'endpoint_deleted',
  'undeliverable',
  'crash_loop',
  'held_too_long',
];

function checkRow(indexed: Indexed, row: OutboxRow): Violation[] {
  const found: Violation[] = [];
  const about = { taskId: row.task_id, n: indexed.tasks.get(row.task_id)?.metadata?.n };
  const say = (promise: Violation['promise'], what: string) => found.push(violation(promise, `${what} (delivery ${row.id})`, about));
  const attempts = indexed.attemptsOf.get(row.id) ?? [];
  const requests = indexed.receivedOf.get(row.id) ?? [];
  const arrived = requests.some(({ answer }) => isSuccess(answer));

  if (row.status === 'dead' && !REASONS.includes(row.dead_reason ?? '')) say('G3', `It is dead for no listed reason: ${row.dead_reason}.`);
  if (row.status === 'dead') say('G3', `It is dead (${row.dead_reason}) though its receiver is well and a person has asked for it again.`);
  if (!['delivered', 'dead'].includes(row.status)) say('G3', `It has not come to rest: it is ${row.status}, next at ${row.next_attempt}.`);
  if (row.status === 'delivered' && !arrived) say('G3', 'It counts as delivered, and no receiver has accepted it.');
  if (row.status === 'delivered' && !attempts.some(({ outcome }) => outcome === 'delivered'))
    say('G3', 'It counts as delivered without a delivered attempt.');

  if (row.attempts !== attempts.length || attempts.some(({ attempt }, i) => attempt !== i + 1))
    say('G5', `It had ${row.attempts} attempts; written down are ${attempts.map(({ attempt }) => attempt).join(', ') || 'none'}.`);
  for (const attempt of attempts)
    checkAttempt(
      attempt,
      indexed.evidence.postgresCrashed,
      requests.filter(({ headers }) => headers['webhook-attempt'] === String(attempt.attempt)),
      say,
    );
  for (const request of requests) {
    const number = Number(request.headers['webhook-attempt']);
    if (number > row.attempts) say('G5', `A receiver got attempt ${number}, and there were ${row.attempts}.`);
  }
  found.push(...checkRepeats(indexed, row, attempts, requests));
  if (attempts.every(({ trigger }) => trigger === 'schedule') && row.attempts_charged !== attempts.filter(({ charged }) => charged).length)
    say('G6', `${row.attempts_charged} attempts are charged; written down are ${attempts.filter(({ charged }) => charged).length}.`);
  return found;
}

/** What is written of one attempt against what the receiver saw of it. A number may have been used twice when a crash of Postgres took its claim back. */
function checkAttempt(
  attempt: AttemptRow,
  crashed: boolean,
  requests: readonly Received[],
  say: (promise: Violation['promise'], what: string) => void,
): void {
  const { outcome, charged, status_code, attempt: number } = attempt;
  if (charged && UNCHARGED.includes(outcome)) say('G6', `Attempt ${number} is charged to the receiver, and ${outcome}.`);
  if (status_code !== null && !requests.some(({ answer }) => answer === status_code))
    say(
      'G5',
      `Attempt ${number} is written down as answered with ${status_code}; the receiver answered ${requests.map(({ answer }) => answer).join(', ') || 'nothing'}.`,
    );
  if (outcome === 'delivered' && !requests.some(({ answer }) => isSuccess(answer)))
    say('G5', `Attempt ${number} counts as delivered, and was not accepted.`);
  if (!crashed && ['released', 'blocked'].includes(outcome) && requests.length > 0 && requests.every(({ body }) => body !== null))
    say('G4', `Attempt ${number} counts as not sent (${outcome}), and the receiver has it.`);
}

/** A webhook that was accepted is not sent again, unless somebody asked for it or nobody could know that it was. */
function checkRepeats(indexed: Indexed, row: OutboxRow, attempts: readonly AttemptRow[], requests: readonly Received[]): Violation[] {
  const found: Violation[] = [];
  const about = { taskId: row.task_id, n: indexed.tasks.get(row.task_id)?.metadata?.n };
  for (const repeat of repeatsOf(attempts, requests)) {
    if (repeat.because === null)
      found.push(
        violation(
          'G4',
          `Attempt ${repeat.attempt} was sent although attempt ${repeat.after} had been accepted and written down as ${repeat.outcome}. (delivery ${row.id})`,
          about,
        ),
      );
    if (repeat.because === 'postgres-crash' && !indexed.evidence.postgresCrashed)
      found.push(violation('G4', `Attempt ${repeat.attempt} was sent twice, and Postgres had not crashed. (delivery ${row.id})`, about));
  }
  return found;
}

/** One request for something that had been accepted before. */
export interface Repeat {
  attempt: number;
  /** The attempt that was accepted. */
  after: number;
  outcome: string | null;
  /** Null: without any reason. */
  because: 'asked' | 'lease-expired' | 'answer-lost' | 'postgres-crash' | null;
}

/** Outcomes after which nobody of ours knows whether the receiver has it. */
const UNKNOWN = ['outcome_unknown', 'timed_out', 'unreachable', 'rejected', 'not_sent'];

export function repeatsOf(attempts: readonly AttemptRow[], requests: readonly Received[]): Repeat[] {
  const inOrder = [...requests].sort((a, b) => a.at - b.at);
  const repeats: Repeat[] = [];
  for (const [place, request] of inOrder.entries()) {
    const before = inOrder
      .slice(0, place)
      .filter(({ answer }) => isSuccess(answer))
      .at(-1);
    if (before === undefined) continue;
    const attempt = Number(request.headers['webhook-attempt']);
    const after = Number(before.headers['webhook-attempt']);
    const outcome = attempts.find((each) => each.attempt === after)?.outcome ?? null;
    repeats.push({ attempt, after, outcome, because: reasonFor(attempts, attempt, after, outcome) });
  }
  return repeats;
}

function reasonFor(attempts: readonly AttemptRow[], attempt: number, after: number, outcome: string | null): Repeat['because'] {
  if (attempts.some((each) => each.attempt > after && each.attempt <= attempt && each.trigger !== 'schedule')) return 'asked';
  if (attempt === after) return 'postgres-crash';
  // a dispatcher that slept over its lease between the look at it and the first byte may come after its successor
  const own = attempts.find((each) => each.attempt === attempt)?.outcome;
  if (outcome === 'unknown' || (attempt < after && own === 'unknown')) return 'lease-expired';
  if (outcome !== null && UNKNOWN.includes(outcome)) return 'answer-lost';
  return null;
}

export const isSuccess = (answer: Received['answer']): boolean => typeof answer === 'number' && answer >= 200 && answer <= 299;
