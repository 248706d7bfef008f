import { StepError } from '../agents/agent.js';
import type { Sql } from '../platform/database/sql.js';
import { newId } from '../platform/ids.js';
import { jsonText } from '../platform/json-text.js';
import { failPoint } from '../platform/lifecycle/fail-point.js';
import type { ClaimedRun } from './claim-run.js';
import { RunLost } from './run-stop.js';

const MAX_NAME = 200;
const MAX_STEPS = 1_000;
/** The CHECK of `task_steps` says the same. */
const MAX_RESULT_BYTES = 1_048_576;

export interface RunStepsParts {
  database: Sql;
  /** Repeats while the database is away: a step that was paid for is not done again for that. */
  insist<T>(statement: () => Promise<T>): Promise<T>;
  monotonic(): number;
}

/** The steps of one run: those that an earlier run has finished are read, the others done and stored. */
export class RunSteps {
  private readonly names = new Set<string>();

  constructor(
    private readonly run: ClaimedRun,
    private readonly parts: RunStepsParts,
  ) {}

  async take<T>(name: string, fn: () => T | Promise<T>, signal: AbortSignal): Promise<T> {
    this.reserve(name);
    const known = await this.parts.insist(() => this.find(name));
    if (known !== null) return JSON.parse(known);
    signal.throwIfAborted();
    const startedAt = this.parts.monotonic();
    const result = resultText(name, await fn());
    failPoint('step.before-store');
    const values = [this.run.taskId, this.run.runToken, name, result, Math.round(this.parts.monotonic() - startedAt), newId()];
    if ((await this.parts.insist(() => this.parts.database.query(STORE_STEP, values))).count === 0) throw new RunLost();
    failPoint('step.after-store');
    return JSON.parse(result);
  }

  private reserve(name: string): void {
    if (typeof name !== 'string' || name === '' || name.length > MAX_NAME || name.includes('\0'))
      throw new StepError(`A step has a name of 1 to ${MAX_NAME} characters.`);
    if (this.names.has(name)) throw new StepError(`Two steps of one task are called "${name}".`);
    if (this.names.size >= MAX_STEPS) throw new StepError(`A task has more than ${MAX_STEPS} steps.`);
    this.names.add(name);
  }

  /** The stored result of an earlier run. */
  private async find(name: string): Promise<string | null> {
    if (this.run.runs + this.run.interruptions === 0) return null;
    const { rows } = await this.parts.database.query<{ result: string }>(
      'SELECT result FROM postback.task_steps WHERE task_id = $1 AND name = $2',
      [this.run.taskId, name],
    );
    return rows[0]?.result ?? null;
  }
}

function resultText(name: string, result: unknown): string {
  const text = toJson(name, result);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_RESULT_BYTES)
    throw new StepError(`The result of step "${name}" takes ${bytes} bytes, more than the ${MAX_RESULT_BYTES} that are stored.`);
  return text;
}

function toJson(name: string, result: unknown): string {
  try {
    return jsonText(result);
  } catch (error) {
    throw new StepError(`The result of step "${name}" is no JSON.`, { cause: error });
  }
}

const STORE_STEP = `
  WITH task AS (
    -- the fence, and a lock on it: who takes the task away waits until the step is stored
    UPDATE postback.tasks SET last_seq = last_seq + 1 WHERE id = $1 AND run_token = $2
    RETURNING id, last_seq
  ), event AS (
    INSERT INTO postback.task_events (id, task_id, seq, type, data)
    SELECT $6, id, last_seq, 'task.step', json_build_object('name', $3::text, 'duration_ms', $5::integer) FROM task
    ON CONFLICT (id) DO NOTHING
  )
  INSERT INTO postback.task_steps (task_id, name, result, run_token, duration_ms)
  SELECT id, $3, $4, $2, $5 FROM task
  -- the same statement once more, after a COMMIT whose answer was lost
  ON CONFLICT (task_id, name) DO UPDATE SET result = EXCLUDED.result, run_token = EXCLUDED.run_token, duration_ms = EXCLUDED.duration_ms
  RETURNING task_id`;
