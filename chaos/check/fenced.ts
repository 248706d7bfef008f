import { type Indexed, isTerminalEvent, type Rule, type Violation, violation } from './evidence.js';
import type { TaskRow } from './read-database.js';

/**
 * G5 and G6, for runs: only the run that owns a task writes about it, a run that was cut short is not charged, and what was charged failed.
 * The events of a task are its story; a stale run would tell a part of it twice, or at the wrong place.
 */
export const fenced: Rule = (indexed) => indexed.evidence.database.tasks.flatMap((task) => checkStory(indexed, task));

function checkStory(indexed: Indexed, task: TaskRow): Violation[] {
  const found: Violation[] = [];
  const about = { taskId: task.id, n: task.metadata?.n };
  const stale = (what: string) => found.push(violation('G5', what, about));
  const events = indexed.eventsOf.get(task.id) ?? [];
  const steps = new Map((indexed.stepsOf.get(task.id) ?? []).map((step) => [step.name, step.result]));
  let running = false;
  let charged = 0;
  let cut = 0;
  const seenSteps = new Set<string>();
  for (const [place, event] of events.entries()) {
    const last = place === events.length - 1;
    if (isTerminalEvent(event) && !last) stale(`Event ${event.seq} is ${event.type}, and the story goes on.`);
    switch (event.type) {
      case 'task.started':
        if (running) stale(`Event ${event.seq} starts a run while another one is running.`);
        if (event.data.run !== charged + 1) stale(`Event ${event.seq} starts run ${event.data.run} after ${charged} that were charged.`);
        running = true;
        break;
      case 'task.interrupted':
      case 'task.retrying':
        if (!running) stale(`Event ${event.seq} ends a run, and none was running.`);
        running = false;
        if (event.type === 'task.retrying') charged += 1;
        else cut += 1;
        break;
      case 'task.step': {
        const { name } = event.data;
        const result = steps.get(name);
        if (!running) stale(`Event ${event.seq} stores step ${name} while no run has the task.`);
        if (seenSteps.has(name)) stale(`Event ${event.seq} stores step ${name} for the second time.`);
        seenSteps.add(name);
        if (result === undefined) stale(`Event ${event.seq} tells of step ${name}, which is not stored.`);
        else if (result.run !== charged + 1 || result.interruptions !== cut)
          stale(
            `Event ${event.seq}: step ${name} was stored by run ${result.run} after ${result.interruptions} interruptions; it was the turn of run ${charged + 1} after ${cut}.`,
          );
        break;
      }
      case 'task.progress':
      case 'task.log':
        if (!running) stale(`Event ${event.seq} reports ${event.type} while no run has the task.`);
        break;
    }
  }
  for (const name of steps.keys()) if (!seenSteps.has(name)) stale(`Step ${name} is stored, and no event tells of it.`);
  const numbers = events.map(({ seq }) => seq);
  if (numbers.some((seq, i) => seq <= (numbers[i - 1] ?? 0))) stale('The numbers of its events do not grow.');
  if (events.length > 0 && numbers.at(-1) !== task.last_seq)
    stale(`Its last event has number ${numbers.at(-1)}, and ${task.last_seq} was handed out.`);
  found.push(...checkCharges(indexed, task, charged, cut, running));
  return found;
}

function checkCharges(indexed: Indexed, task: TaskRow, retried: number, cut: number, running: boolean): Violation[] {
  const found: Violation[] = [];
  const say = (what: string) => found.push(violation('G6', what, { taskId: task.id, n: task.metadata?.n }));
  const asked = indexed.askedFor(task);
  const paidEnd = ['completed', 'failed', 'error'].includes(task.status) && task.error?.code !== 'crashed_too_often';
  if (task.runs !== retried + Number(paidEnd)) say(`${task.runs} runs are charged; its events tell of ${retried + Number(paidEnd)}.`);
  if (task.interruptions !== cut) say(`${task.interruptions} interruptions are counted; its events tell of ${cut}.`);
  if (paidEnd && !running) say('It ended as if by a run, and none was running.');
  if (retried > 0 && asked?.input.fail !== 'error') say(`${retried} runs of a task that does not fail were charged and repeated.`);
  return found;
}
