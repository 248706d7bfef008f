import { type Asked, type Indexed, isTerminal, isTerminalEvent, type Rule, type Violation, violation } from './evidence.js';
import type { TaskRow } from './read-database.js';

/** G2: a terminal task has its event and its outbox rows in the same commit; one that is not terminal has neither. */
export const ended: Rule = (indexed) => indexed.evidence.database.tasks.flatMap((task) => checkTask(indexed, task));

function checkTask(indexed: Indexed, task: TaskRow): Violation[] {
  const found: Violation[] = [];
  const say = (what: string) => found.push(violation('G2', what, { taskId: task.id, n: task.metadata?.n }));
  const ends = (indexed.eventsOf.get(task.id) ?? []).filter(isTerminalEvent);
  const rows = indexed.outboxOf.get(task.id) ?? [];
  if (!isTerminal(task)) {
    if (ends.length + rows.length > 0) say('The task has not ended, and is told of all the same.');
    return found;
  }
  const [end] = ends;
  if (end === undefined || ends.length > 1) {
    say(`The task has ended with ${ends.length} terminal events.`);
    return found;
  }
  if (end.type !== `task.${task.status}`) say(`The task is ${task.status}, its event ${end.type}.`);
  const body = indexed.bodies.get(end.id);
  const expected = audience(indexed, indexed.askedFor(task), end.type);
  const told = rows.map(({ endpoint_id, url }) => (expected.has(endpoint_id) ? endpoint_id : url));
  for (const target of expected) if (!told.includes(target)) say(`${target} is not told: there is no outbox row for it.`);
  if (rows.length !== expected.size) say(`There are ${rows.length} outbox rows for ${expected.size} receivers.`);
  for (const row of rows) {
    if (row.event_id !== end.id) say(`Outbox row ${row.id} is about event ${row.event_id}, and the task ended with ${end.id}.`);
    // now() is the time at which a transaction began: the same to the microsecond within one, and hardly ever in two
    if (row.created !== task.finished) say(`Outbox row ${row.id} was written at ${row.created}, and the task ended at ${task.finished}.`);
  }
  if (rows.length > 0 && body === undefined) say('There is nothing to send: the event has no body.');
  if (body !== undefined && body.xmin !== end.xmin) say('Event and body were written by two transactions.');
  for (const other of indexed.evidence.database.bodies.filter(({ task_id, id }) => task_id === task.id && id !== end.id))
    say(`There is a second body, of event ${other.id}.`);
  found.push(...checkOutcome(indexed, task));
  return found;
}

/** The URL of the submit, and ids of the endpoints it named. */
function audience({ evidence }: Indexed, asked: Asked | undefined, eventType: string): Set<string> {
  if (asked === undefined || (asked.events !== null && !asked.events.includes(eventType))) return new Set();
  const task = evidence.database.tasks.find(({ metadata }) => metadata?.n === asked.n)!;
  return new Set([
    ...(task.webhook_url === null ? [] : [task.webhook_url]),
    ...asked.endpoints.map((name) => evidence.endpoints.get(name)!.id),
  ]);
}

/** What was asked for decides how a task may end. */
function checkOutcome(indexed: Indexed, task: TaskRow): Violation[] {
  const asked = indexed.askedFor(task);
  const told = indexed.toldOf.get(task.metadata?.n ?? -1) ?? [];
  const events = indexed.eventsOf.get(task.id) ?? [];
  const say = (what: string) => [violation('G2', what, { taskId: task.id, n: task.metadata?.n })];
  if (asked === undefined) return say('Nobody asked for this task.');
  const { fail, fail_times } = asked.input;
  switch (task.status) {
    case 'completed':
      if (fail !== undefined && fail_times === undefined) return say('A task that always fails is completed.');
      if (JSON.stringify(JSON.parse(task.result ?? 'null')) !== JSON.stringify(asked.input.payload))
        return say('The result is not what was asked for.');
      return [];
    case 'failed':
      return fail === 'failed' ? [] : say('A task that does not fail has failed.');
    case 'canceled':
      return told.some(({ what }) => what === 'cancel') ? [] : say('Nobody canceled this task.');
    case 'expired':
      return asked.expiresInSeconds !== null && task.started === null
        ? []
        : say('This task had no queue deadline, or was started before it.');
    case 'error': {
      const crashes = events.filter(({ type, data }) => type === 'task.interrupted' && /vanished/.test(String(data?.reason))).length;
      if (task.error?.code === 'crashed_too_often')
        return crashes >= 4 ? [] : say(`The task is taken for the cause of crashes after ${crashes} of them.`);
      return fail === 'error' && fail_times === undefined ? [] : say(`The task ended in an error of ours: ${task.error?.code}.`);
    }
    default:
      return say(`There is no status ${task.status}.`);
  }
}
