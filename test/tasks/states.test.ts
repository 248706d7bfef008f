import { describe, expect, it } from '@jest/globals';
import {
  isTerminal,
  publicStatus,
  TASK_MOVES,
  TASK_STAGES,
  type TaskStage,
  TERMINAL_EVENT_TYPES,
  TERMINAL_STAGES,
  terminalEventType,
} from '../../src/tasks/states.js';

function reachable(from: TaskStage): Set<TaskStage> {
  const seen = new Set<TaskStage>([from]);
  for (const stage of seen) for (const to of Object.keys(TASK_MOVES[stage]) as TaskStage[]) seen.add(to);
  return seen;
}

describe('the life of a task', () => {
  it('has moves for every stage, to known stages, each with somebody who makes it', () => {
    expect(Object.keys(TASK_MOVES).sort()).toEqual([...TASK_STAGES].sort());
    for (const moves of Object.values(TASK_MOVES)) {
      for (const [to, movers] of Object.entries(moves)) {
        expect(TASK_STAGES).toContain(to);
        expect(movers.length).toBeGreaterThan(0);
      }
    }
  });

  it('is the diagram of the design', () => {
    const moves = TASK_STAGES.flatMap((from) => Object.keys(TASK_MOVES[from]).map((to) => `${from} > ${to}`));
    expect(moves.sort()).toEqual(
      [
        'queued > running',
        'queued > canceled',
        'queued > expired',
        'running > completed',
        'running > failed',
        'running > error',
        'running > queued',
        'running > canceling',
        'canceling > canceled',
        'canceling > completed',
        'canceling > failed',
      ].sort(),
    );
  });

  it('never leaves a terminal stage, and leaves every other one', () => {
    for (const stage of TASK_STAGES) expect(Object.keys(TASK_MOVES[stage]).length === 0).toBe(isTerminal(stage));
    expect(TASK_STAGES.filter(isTerminal)).toEqual([...TERMINAL_STAGES]);
  });

  it('becomes terminal through end-task alone', () => {
    for (const stage of TASK_STAGES) {
      for (const terminal of TERMINAL_STAGES) expect(TASK_MOVES[stage][terminal] ?? ['end']).toEqual(['end']);
    }
  });

  it('can reach every stage from queued, and a terminal one from everywhere', () => {
    expect([...reachable('queued')].sort()).toEqual([...TASK_STAGES].sort());
    for (const stage of TASK_STAGES) expect([...reachable(stage)].some(isTerminal)).toBe(true);
  });
});

describe('what callers see of a task', () => {
  it('is processing until it is terminal, and then the stage itself', () => {
    expect(TASK_STAGES.map(publicStatus)).toEqual([
      'processing',
      'processing',
      'processing',
      'completed',
      'failed',
      'error',
      'canceled',
      'expired',
    ]);
  });

  it('ends with one event, named after the stage', () => {
    expect(terminalEventType('completed')).toBe('task.completed');
    expect(TERMINAL_EVENT_TYPES).toEqual(['task.completed', 'task.failed', 'task.error', 'task.canceled', 'task.expired']);
  });
});
