import type { Ledger, Received, Told } from '../ledger.js';
import type { AttemptRow, BodyRow, EventRow, OutboxRow, Snapshot, StepRow, TaskRow } from './read-database.js';

/** What a client asked for, as far as it decides what must become of it. */
export interface Asked {
  n: number;
  keyed: boolean;
  input: { payload: unknown; fail?: 'failed' | 'error' | 'crash'; fail_times?: number };
  adHoc: string | null;
  secret: string;
  endpoints: readonly string[];
  events: readonly string[] | null;
  expiresInSeconds: number | null;
}

/** All that there is to judge a run by: three ledgers, and what was meant. */
export interface Evidence {
  ledger: Ledger;
  asked: ReadonlyMap<number, Asked>;
  keyOf(n: number): string;
  /** Registered endpoints by name: their id, and every secret they were given. */
  endpoints: ReadonlyMap<string, { id: string; secrets: readonly string[] }>;
  database: Snapshot;
  /** How each process ended its last life, and those that ended without being told. */
  processes: { slot: string; trouble: string }[];
  /** All that the processes wrote. */
  logs: ReadonlyMap<string, string>;
  /** What must be in no log, no error and no answer. */
  secrets: ReadonlyMap<string, string>;
  /** What had not come to rest when the patience ended. */
  unsettled: string[];
  /** Postgres lost what it had not written, or may have. */
  postgresCrashed: boolean;
}

/** The same, found by what it is about. */
export class Indexed {
  readonly tasks: ReadonlyMap<string, TaskRow>;
  readonly tasksOf: ReadonlyMap<number, TaskRow[]>;
  readonly eventsOf: ReadonlyMap<string, EventRow[]>;
  readonly stepsOf: ReadonlyMap<string, StepRow[]>;
  readonly bodies: ReadonlyMap<string, BodyRow>;
  readonly outbox: ReadonlyMap<string, OutboxRow>;
  readonly outboxOf: ReadonlyMap<string, OutboxRow[]>;
  readonly attemptsOf: ReadonlyMap<string, AttemptRow[]>;
  /** By delivery. */
  readonly receivedOf: ReadonlyMap<string, Received[]>;
  readonly toldOf: ReadonlyMap<number, Told[]>;

  constructor(readonly evidence: Evidence) {
    const { database, ledger } = evidence;
    this.tasks = new Map(database.tasks.map((task) => [task.id, task]));
    this.tasksOf = Map.groupBy(database.tasks, (task) => task.metadata?.n ?? -1);
    this.eventsOf = Map.groupBy(database.events, (event) => event.task_id);
    this.stepsOf = Map.groupBy(database.steps, (step) => step.task_id);
    this.bodies = new Map(database.bodies.map((body) => [body.id, body]));
    this.outbox = new Map(database.outbox.map((row) => [row.id, row]));
    this.outboxOf = Map.groupBy(database.outbox, (row) => row.task_id);
    this.attemptsOf = Map.groupBy(database.attempts, (attempt) => attempt.outbox_id);
    this.receivedOf = Map.groupBy(ledger.received, (request) => request.headers['webhook-delivery-id'] ?? '');
    this.toldOf = Map.groupBy(
      ledger.told.filter((told) => told.n !== null),
      (told) => told.n!,
    );
  }

  askedFor(task: TaskRow): Asked | undefined {
    return this.evidence.asked.get(task.metadata?.n ?? -1);
  }
}

export const TERMINAL = ['completed', 'failed', 'error', 'canceled', 'expired'];

export const isTerminal = (task: TaskRow): boolean => TERMINAL.includes(task.status);

export const isTerminalEvent = (event: EventRow): boolean => TERMINAL.includes(event.type.replace('task.', ''));

/** What was promised and not kept. */
export interface Violation {
  promise: 'G1' | 'G2' | 'G3' | 'G4' | 'G5' | 'G6' | 'G8' | 'G9' | 'API' | 'PROCESS';
  what: string;
  /** Whose history shows it. */
  taskId: string | null;
  n: number | null;
}

export type Rule = (indexed: Indexed) => Violation[];

export function violation(
  promise: Violation['promise'],
  what: string,
  about: { taskId?: string | null; n?: number | null } = {},
): Violation {
  return { promise, what, taskId: about.taskId ?? null, n: about.n ?? null };
}
