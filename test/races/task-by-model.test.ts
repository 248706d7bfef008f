import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cancelTask } from '../../src/execution/cancel-task.js';
import { type ClaimedRun, claimRuns } from '../../src/execution/claim-run.js';
import { MAX_CRASHES_IN_ROW } from '../../src/execution/decide-run.js';
import { endTasks } from '../../src/execution/end-task.js';
import { putBack } from '../../src/execution/put-back.js';
import { reconcile } from '../../src/execution/reconcile.js';
import { recordEvent } from '../../src/execution/record-event.js';
import { RunSteps } from '../../src/execution/run-steps.js';
import { newId } from '../../src/platform/ids.js';
import { openParts, type Parts, queuedTask } from '../support/parts.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';

/** What must be true of the one task of a sequence, without any SQL. */
interface Model {
  stage: string;
  runs: number;
  interruptions: number;
  crashes: number;
  /** Place of the run that owns it among all runs that ever did; null: none. */
  owner: number | null;
  claims: number;
  workerLives: boolean;
  started: boolean;
  deadlinePassed: boolean;
  events: string[];
  steps: number;
}

/** The task in Postgres, and everybody who ever ran it: each may still believe that it does. */
interface Real {
  taskId: string;
  runs: ClaimedRun[];
  workers: string[];
}

type Command = fc.AsyncCommand<Model, Real>;

const SELF = newId();
const LOST_MS = 60_000;
const STAGES = ['completed', 'failed', 'error', 'canceled'] as const;

let database: TestDatabase;
let parts: Parts;

beforeAll(async () => {
  database = await createTestDatabase();
  parts = await openParts(database);
  await addProcess(SELF);
});

afterAll(async () => {
  await parts?.close();
  await database?.drop();
});

it('keeps to what a task may do, whoever claims, ends, cancels, expires or vanishes, in any order', async () => {
  const which = fc.nat({ max: 5 });
  const commands = fc.commands(
    [
      fc.constant(new Claim()),
      fc.constant(new Claim()),
      fc.constant(new ClaimAgain()),
      fc.tuple(which, fc.constantFrom(...STAGES)).map((args) => new End(...args)),
      fc.tuple(which, fc.constantFrom('retry', 'shutdown', 'crash')).map((args) => new PutBack(...(args as [number, 'retry']))),
      which.map((run) => new Step(run)),
      which.map((run) => new Report(run)),
      fc.constant(new Cancel()),
      fc.constant(new PassDeadline()),
      fc.constant(new Vanish()),
      fc.constant(new Reconcile()),
    ],
    { size: '+1', maxCommands: 25 },
  );
  await fc.assert(
    fc.asyncProperty(commands, (sequence) => fc.asyncModelRun(begin, sequence)),
    { numRuns: 25, interruptAfterTimeLimit: 5_000 }, // on a slow machine fewer, but no failure is lost
  );
});

async function begin(): Promise<{ model: Model; real: Real }> {
  await parts.database.query('TRUNCATE postback.tasks, postback.webhook_events, postback.webhook_outbox CASCADE');
  const taskId = await queuedTask(parts);
  const model: Model = {
    stage: 'queued',
    runs: 0,
    interruptions: 0,
    crashes: 0,
    owner: null,
    claims: 0,
    workerLives: false,
    started: false,
    deadlinePassed: false,
    events: [],
    steps: 0,
  };
  return { model, real: { taskId, runs: [], workers: [] } };
}

class Claim implements Command {
  check = () => true;

  async run(model: Model, real: Real): Promise<void> {
    const workerId = newId();
    await addProcess(workerId);
    const claims = await claimRuns(parts.database, [{ taskId: real.taskId, jobId: null, runToken: newId() }], workerId);
    const takes = model.stage === 'queued' && (model.started || !model.deadlinePassed);
    expect(claims).toHaveLength(takes ? 1 : 0);
    if (takes) {
      expect(claims[0]).toMatchObject({ runs: model.runs, interruptions: model.interruptions });
      real.runs.push(claims[0]!);
      real.workers.push(workerId);
      Object.assign(model, { stage: 'running', owner: model.claims++, workerLives: true, started: true });
      model.events.push('task.started');
    }
    await compare(model, real);
  }

  toString = () => 'claim';
}

/** The answer was lost with its connection. */
class ClaimAgain implements Command {
  check = ({ owner }: Readonly<Model>) => owner !== null;

  async run(model: Model, real: Real): Promise<void> {
    const { runToken } = real.runs[model.owner!]!;
    const claims = await claimRuns(parts.database, [{ taskId: real.taskId, jobId: null, runToken }], real.workers[model.owner!]!);
    expect(claims.map((claim) => claim.runToken)).toEqual([runToken]);
    await compare(model, real);
  }

  toString = () => 'claim again';
}

/** By one who has, or had, the task. */
abstract class ByRun implements Command {
  constructor(private readonly which: number) {}

  check = ({ claims }: Readonly<Model>) => claims > 0;

  async run(model: Model, real: Real): Promise<void> {
    const place = this.which % model.claims;
    await this.act(model, real.runs[place]!, place === model.owner);
    await compare(model, real);
  }

  protected abstract act(model: Model, run: ClaimedRun, owns: boolean): Promise<void>;

  toString = () => `${this.constructor.name} by run ${this.which}`;
}

class End extends ByRun {
  constructor(
    which: number,
    private readonly stage: (typeof STAGES)[number],
  ) {
    super(which);
  }

  protected async act(model: Model, { taskId, runToken }: ClaimedRun, owns: boolean): Promise<void> {
    const { stage } = this;
    const charged = stage !== 'canceled';
    const error = stage === 'completed' ? null : { code: stage, message: 'As told.' };
    const end = { taskId, runToken, stage, result: stage === 'completed' ? '{}' : null, error, charged, job: null };
    const wins = owns && (model.stage === 'running' || stage !== 'error');
    expect((await endTasks(parts, [end])).has(taskId)).toBe(wins);
    if (!wins) return;
    model.runs += Number(charged);
    finish(model, stage);
  }
}

class PutBack extends ByRun {
  constructor(
    which: number,
    private readonly why: 'retry' | 'shutdown' | 'crash',
  ) {
    super(which);
  }

  protected async act(model: Model, { taskId, runToken }: ClaimedRun, owns: boolean): Promise<void> {
    const { why } = this;
    const wins = owns && model.stage === 'running';
    expect(await putBack(parts, { taskId, taskType: 'echo', runToken, why, delayMs: 0, reason: 'As told.', job: null })).toBe(wins);
    if (wins) giveBack(model, why);
  }
}

class Step extends ByRun {
  protected async act(model: Model, run: ClaimedRun, owns: boolean): Promise<void> {
    const steps = new RunSteps(run, { database: parts.database, insist: (statement) => statement(), monotonic: () => 0 });
    const taken = steps.take(`step ${newId()}`, () => 'done', new AbortController().signal);
    if (!owns) return void (await expect(taken).rejects.toThrow());
    expect(await taken).toBe('done');
    model.steps += 1;
    model.events.push('task.step');
  }
}

class Report extends ByRun {
  protected async act(model: Model, run: ClaimedRun, owns: boolean): Promise<void> {
    expect(await recordEvent(parts.database, run, { type: 'task.progress', fraction: 0.5, message: null, data: null })).toBe(owns);
    if (owns) model.events.push('task.progress');
  }
}

class Cancel implements Command {
  check = () => true;

  async run(model: Model, real: Real): Promise<void> {
    const answer = await cancelTask(parts, 'default', real.taskId);
    if (model.stage === 'queued') finish(model, 'canceled');
    if (model.stage === 'running') model.stage = 'canceling';
    expect(answer).toBe(model.stage);
    await compare(model, real);
  }

  toString = () => 'cancel';
}

class PassDeadline implements Command {
  check = ({ deadlinePassed }: Readonly<Model>) => !deadlinePassed;

  async run(model: Model, real: Real): Promise<void> {
    await parts.database.query("UPDATE postback.tasks SET expires_at = now() - interval '1 second' WHERE id = $1", [real.taskId]);
    model.deadlinePassed = true;
  }

  toString = () => 'the queue deadline passes';
}

class Vanish implements Command {
  check = ({ workerLives }: Readonly<Model>) => workerLives;

  async run(model: Model, real: Real): Promise<void> {
    await parts.database.query('DELETE FROM postback.processes WHERE id = $1', [real.workers.at(-1)]);
    model.workerLives = false;
  }

  toString = () => 'the worker vanishes';
}

class Reconcile implements Command {
  check = () => true;

  async run(model: Model, real: Real): Promise<void> {
    await reconcile({ ...parts, self: SELF, rules: { heartbeatMs: 1, lostMs: LOST_MS } });
    if (model.owner !== null && !model.workerLives) {
      if (model.stage === 'canceling') finish(model, 'canceled');
      else if (model.crashes + 1 >= MAX_CRASHES_IN_ROW) finish(model, 'error');
      else giveBack(model, 'crash');
    } else if (model.stage === 'queued' && !model.started && model.deadlinePassed) finish(model, 'expired');
    await compare(model, real);
  }

  toString = () => 'reconcile';
}

function finish(model: Model, stage: string): void {
  Object.assign(model, { stage, owner: null });
  model.events.push(`task.${stage}`);
}

function giveBack(model: Model, why: 'retry' | 'shutdown' | 'crash'): void {
  Object.assign(model, { stage: 'queued', owner: null, crashes: why === 'crash' ? model.crashes + 1 : 0 });
  model.runs += Number(why === 'retry');
  model.interruptions += Number(why !== 'retry');
  model.events.push(why === 'retry' ? 'task.retrying' : 'task.interrupted');
}

/** Everything that is written of the task. */
async function compare(model: Model, { taskId }: Real): Promise<void> {
  const ended = !['queued', 'running', 'canceling'].includes(model.stage);
  const { rows } = await parts.database.query(
    `SELECT status, runs, interruptions, crashes_in_row, run_token IS NOT NULL AS owned, last_seq, finished_at IS NOT NULL AS ended,
            (SELECT coalesce(array_agg(type ORDER BY seq), '{}') FROM postback.task_events WHERE task_id = t.id) AS events,
            (SELECT count(*)::int FROM postback.task_steps WHERE task_id = t.id) AS steps,
            (SELECT count(*)::int FROM postback.webhook_outbox o JOIN postback.webhook_events w ON w.id = o.event_id WHERE o.task_id = t.id) AS webhooks
       FROM postback.tasks t WHERE id = $1`,
    [taskId],
  );
  expect(rows).toEqual([
    {
      status: model.stage,
      runs: model.runs,
      interruptions: model.interruptions,
      crashes_in_row: model.crashes,
      owned: model.owner !== null,
      last_seq: model.events.length,
      ended,
      events: model.events,
      steps: model.steps,
      webhooks: Number(ended),
    },
  ]);
}

async function addProcess(id: string): Promise<void> {
  await parts.database.query(
    `INSERT INTO postback.processes (id, roles, version, host, pid, heartbeat_at, steady_since)
     VALUES ($1, '{worker}', '0', 'test', 1, now() + interval '1 hour', now() - interval '1 hour')`,
    [id],
  );
}
