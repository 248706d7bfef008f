import { Counter, Histogram, type Registry } from 'prom-client';
import type { Activity } from '../platform/metrics/activity.js';
import { RUN_SECONDS, STATEMENT_SECONDS } from '../platform/metrics/buckets.js';
import { TERMINAL_STAGES, type TerminalStage } from '../tasks/states.js';
import type { RunDecision } from './decide-run.js';

/** What a run came to: how its task ended, why it was put back, or that it had lost its task. */
const RUN_OUTCOMES = [...TERMINAL_STAGES, 'retry', 'shutdown', 'crash', 'drop'] as const;
type RunOutcome = (typeof RUN_OUTCOMES)[number];

/** What this process counts of tasks. Labels are task types and words of closed sets. */
export class TaskMetrics {
  private readonly ended: Counter<'type' | 'status'>;
  private readonly runs: Histogram<'type' | 'outcome'>;
  private readonly claims: Histogram;

  /** @param types the registered task types: all of them are there from the start, with zero */
  constructor(
    registry: Registry,
    private readonly activity: Activity,
    types: readonly string[],
  ) {
    const registers = [registry];
    this.ended = new Counter({
      name: 'postback_tasks_ended_total',
      help: 'Tasks that this process brought to a terminal status.',
      labelNames: ['type', 'status'],
      registers,
    });
    this.runs = new Histogram({
      name: 'postback_run_duration_seconds',
      help: 'Time from the claim of a run to its commit, by what the run came to.',
      labelNames: ['type', 'outcome'],
      buckets: RUN_SECONDS,
      registers,
    });
    this.claims = new Histogram({
      name: 'postback_run_claim_duration_seconds',
      help: 'Time of one claim of runs, for any number of them.',
      buckets: STATEMENT_SECONDS,
      registers,
    });
    for (const type of types) for (const status of TERMINAL_STAGES) this.ended.inc({ type, status }, 0);
  }

  countEnd(type: string, status: TerminalStage): void {
    this.ended.inc({ type, status });
    this.activity.count(`task.${status}`);
  }

  observeRun(type: string, decision: RunDecision, durationMs: number): void {
    this.runs.observe({ type, outcome: outcomeOf(decision) }, durationMs / 1_000);
  }

  observeClaim(durationMs: number): void {
    this.claims.observe(durationMs / 1_000);
  }
}

function outcomeOf(decision: RunDecision): RunOutcome {
  switch (decision.kind) {
    case 'end':
      return decision.stage;
    case 'put-back':
      return decision.why;
    case 'drop':
      return 'drop';
  }
}
