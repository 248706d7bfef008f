import { type Indexed, isTerminal, type Rule, type Violation, violation } from './evidence.js';

/** G1: a 202 means that task and idempotency record are committed. A key stands for one task, whatever became of the answers. */
export const accepted: Rule = (indexed) => [...indexed.evidence.asked.keys()].flatMap((n) => checkSubmit(indexed, n));

function checkSubmit(indexed: Indexed, n: number): Violation[] {
  const found: Violation[] = [];
  const asked = indexed.evidence.asked.get(n)!;
  const told = indexed.toldOf.get(n) ?? [];
  const answers = told.filter(({ what, status }) => (what === 'submit' || what === 'repeat') && status === 202);
  const rows = indexed.tasksOf.get(n) ?? [];
  const about = { n, taskId: rows[0]?.id };
  for (const taskId of new Set(answers.map(({ text }) => taskIdIn(text)))) {
    if (!indexed.tasks.has(taskId)) found.push(violation('G1', `A 202 named task ${taskId}, which is not in the database.`, { n, taskId }));
    else if (indexed.tasks.get(taskId)!.metadata?.n !== n)
      found.push(violation('G1', `A 202 named task ${taskId}, which is another submit's.`, about));
  }
  if (rows.length > 1) found.push(violation('G1', `One submit made ${rows.length} tasks.`, about));
  if (asked.keyed && new Set(answers.map(({ text }) => text)).size > 1)
    found.push(violation('G1', 'One Idempotency-Key was answered in different ways.', about));
  if (asked.keyed && answers.length > 0) {
    const record = indexed.evidence.database.keys.find(({ key }) => key === indexed.evidence.keyOf(n));
    if (record === undefined) found.push(violation('G1', 'A 202 was sent, and there is no record of its Idempotency-Key.', about));
    else if (record.response !== answers[0]!.text || record.task_id !== taskIdIn(record.response))
      found.push(violation('G1', 'The record of the Idempotency-Key says something else than the 202.', about));
  }
  for (const answer of told.filter(({ what, status }) => what === 'mismatch' && status !== null && status < 500))
    if (answer.status !== 422)
      found.push(violation('G1', `Another request under a key that was taken was answered with ${answer.status}.`, about));
  for (const task of rows) if (!isTerminal(task)) found.push(violation('G1', `The task did not end; it is ${task.status}.`, about));
  return found;
}

const taskIdIn = (text: string): string => JSON.parse(text).task_id;
