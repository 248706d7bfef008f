import { describe, expect, it } from '@jest/globals';
import { defaultRunPolicy, StepError, TaskFailed } from '../../src/agents/agent.js';
import { decideCrash, decideRun, MAX_CRASHES_IN_ROW } from '../../src/execution/decide-run.js';
import { RunCanceled, RunLost, RunShutdown, RunTimedOut } from '../../src/execution/run-stop.js';

const policy = { ...defaultRunPolicy, maxRuns: 3, backoffMs: 100 };
const threw = (error: unknown, runs = 0) => decideRun({ kind: 'threw', error }, { runs }, policy);

describe('what becomes of a task when a run of it ends', () => {
  it('completes with a result', () => {
    expect(decideRun({ kind: 'returned', result: '1' }, { runs: 0 }, policy)).toEqual({
      kind: 'end',
      stage: 'completed',
      result: '1',
      error: null,
      charged: true,
    });
  });

  it.each([
    [
      'the agent says it cannot be done',
      new TaskFailed('unreadable', 'It is broken.'),
      { stage: 'failed', error: { code: 'unreadable', message: 'It is broken.' }, charged: true },
    ],
    ['the caller canceled it', new RunCanceled(), { stage: 'canceled', charged: false }],
    [
      'it took too long',
      new RunTimedOut(1_000),
      { stage: 'error', error: { code: 'timed_out', message: expect.any(String) }, charged: true },
    ],
  ])('ends when %s', (_, error, expected) => {
    expect(threw(error)).toMatchObject({ kind: 'end', result: null, ...expected });
  });

  it('is tried again after an unexpected error, later each time, until its runs are spent', () => {
    expect(threw(new Error('x'), 0)).toMatchObject({ kind: 'put-back', why: 'retry', delayMs: 100 });
    expect(threw(new Error('x'), 1)).toMatchObject({ kind: 'put-back', why: 'retry', delayMs: 200 });
    expect(threw(new Error('x'), 2)).toMatchObject({ kind: 'end', stage: 'error', error: { code: 'agent_error' }, charged: true });
  });

  it('waits no longer than its policy says', () => {
    const patient = { ...policy, maxRuns: 50, backoffMs: 1_000, maxBackoffMs: 60_000 };
    expect(decideRun({ kind: 'threw', error: new Error('x') }, { runs: 30 }, patient)).toMatchObject({ delayMs: 60_000 });
  });

  it('ends at once after an error that its policy does not repeat', () => {
    const picky = { ...policy, retryOn: (error: unknown) => error instanceof RangeError };
    expect(decideRun({ kind: 'threw', error: new RangeError('x') }, { runs: 0 }, picky)).toMatchObject({ kind: 'put-back', why: 'retry' });
    expect(decideRun({ kind: 'threw', error: new Error('x') }, { runs: 0 }, picky)).toMatchObject({
      kind: 'end',
      stage: 'error',
      error: { code: 'agent_error' },
      charged: true,
    });
    const broken = { ...policy, retryOn: () => JSON.parse('not JSON') };
    expect(decideRun({ kind: 'threw', error: new Error('x') }, { runs: 0 }, broken)).toMatchObject({ kind: 'put-back' });
  });

  it('ends at once after a step that was used wrongly', () => {
    expect(threw(new StepError('Two steps are called "a".'))).toMatchObject({
      kind: 'end',
      stage: 'error',
      error: { code: 'invalid_step', message: 'Two steps are called "a".' },
    });
  });

  it('tells nobody what the unexpected error said', () => {
    expect(JSON.stringify(threw(new Error('postgres://user:secret@host'), 2))).not.toContain('secret');
  });

  it('is left alone when it belongs to somebody else by now', () => {
    expect(threw(new RunLost())).toEqual({ kind: 'drop' });
  });

  it('goes back to the queue at a shutdown, however many there have been', () => {
    expect(threw(new RunShutdown())).toMatchObject({ kind: 'put-back', why: 'shutdown', delayMs: 0 });
  });

  it('goes back after a crash, and is taken for the cause after too many in a row', () => {
    expect(decideCrash(0)).toMatchObject({ kind: 'put-back', why: 'crash', delayMs: 0 });
    expect(decideCrash(MAX_CRASHES_IN_ROW - 1)).toMatchObject({
      kind: 'end',
      stage: 'error',
      error: { code: 'crashed_too_often' },
      charged: false,
    });
  });
});
