/** Any value JSON can carry. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export type Class<T> = new () => T;

/** A downloaded document. `url` is the address after redirects. */
export interface Download {
  bytes: Buffer;
  url: string;
  contentType: string | null;
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Why `ctx.signal` was aborted: the `code` of its `reason`. `lost`: the task is another run's by now. */
export type StopCode = 'canceled' | 'timed_out' | 'shutdown' | 'lost';

/** A language model of the operator's, at any endpoint that speaks OpenAI's chat completions. */
export interface LanguageModel {
  /** As the endpoint knows it. */
  readonly name: string;
  readonly baseUrl: string;
  /** null for endpoints that want none. */
  readonly apiKey: string | null;
  /** Tokens, questions and answers together, that one task may spend. */
  readonly taskTokens: number;
  /** Give it to the client library: it reaches the operator's endpoint and nothing else. */
  readonly fetch: typeof globalThis.fetch;
}

/** What a run may ask of the service while it works. Everything in here is bound to one run of one task. */
export interface RunContext {
  readonly taskId: string;
  readonly tenant: string;
  /** 1 for the first run that is charged to the agent, growing with each retry. */
  readonly run: number;
  /** Earlier runs that a deploy or crash cut short; they are not charged. */
  readonly interruptions: number;
  /** Aborted on cancel, time-out and shutdown, with an error as reason whose `code` is a `StopCode`. Pass it to everything that waits. */
  readonly signal: AbortSignal;
  /** Milliseconds until this run is timed out. Work that is worth less than what is done already ends before. */
  timeLeft(): number;
  /**
   * `fraction` is 0 to 1. Shown to the caller; at most four a second are stored, and the last one always. Rejects once this run is
   * stopped or no longer owns its task. Of a message 2,000 characters are kept, of `data` at most 16 KB of JSON.
   */
  progress(fraction: number, message?: string, data?: Json): Promise<void>;
  /** A line in the task's event history, of the level `info` unless told; bounded like progress. Never put a secret in here. */
  log(message: string, data?: Json): Promise<void>;
  log(level: LogLevel, message: string, data?: Json): Promise<void>;
  /**
   * Does a piece of work once for the task: its result is stored, and a later run (a retry, or after a deploy or crash) gets that result
   * without calling `fn`. A crash within `fn` repeats it. The order of steps is free, and so is what lies between them. Returns the
   * result as JSON carries it. Rejects with what `fn` throws, and with `StepError`.
   * @param name unique within the task, 1 to 200 characters
   * @param fn returns at most 1 MB of JSON; undefined becomes null
   */
  step<T>(name: string, fn: () => T | Promise<T>): Promise<T>;
  /**
   * Fetches a document named by the caller, under the egress rules for addresses that strangers choose.
   * Throws `TaskFailed` (`document_blocked`, `document_unreachable`, `document_too_large`, `document_timeout`).
   */
  download(url: string): Promise<Download>;
  /** null when the operator configured none: an agent has to do without. */
  readonly model: LanguageModel | null;
}

/** How often and how long an agent may try. Counts and times of one task. */
export interface RunPolicy {
  /** Charged runs before the task ends in `error`. */
  maxRuns: number;
  /** Time for one run when the caller names none, in ms. */
  timeoutMs: number;
  /** The longest `timeout` a caller may ask for, in ms. */
  maxTimeoutMs: number;
  /** Wait before run n+1 is `backoffMs * 2^(n-1)`, at most `maxBackoffMs`. */
  backoffMs: number;
  maxBackoffMs: number;
  /** Whether an unexpected error is worth another run; all are unless told. `TaskFailed` and `StepError` never are. */
  retryOn(error: unknown): boolean;
  /** Tasks of this type that run at once, over all workers; null: as many as there are hands. `POSTBACK_AGENT_CONCURRENCY` overrides it. */
  maxConcurrency: number | null;
}

export const defaultRunPolicy: RunPolicy = {
  maxRuns: 3,
  timeoutMs: 15 * 60_000,
  maxTimeoutMs: 60 * 60_000,
  backoffMs: 2_000,
  maxBackoffMs: 10 * 60_000,
  retryOn: () => true,
  maxConcurrency: null,
};

/**
 * One type of task. Throw `TaskFailed` when the task cannot be done (the caller's document is unreadable, say);
 * any other error is taken for a fault of ours and the run is repeated by `policy`.
 */
export interface Agent<Input extends object = object, Result extends object | Json = Json> {
  /** Lower-case words joined by hyphens; the last part of `POST /agent/<type>`. */
  readonly type: string;
  /** One or two sentences for the API documentation. */
  readonly description: string;
  /** A class-validator DTO with `@ApiProperty` on each field; it rejects what is not listed. */
  readonly input: Class<Input>;
  /** The result's shape for the API documentation (`@ApiProperty` on each field); null for "any JSON". */
  readonly output: Class<object> | null;
  /** Names of input fields that are URLs the agent will download: refused at the door when the egress rules forbid them. */
  readonly documentUrls?: readonly (keyof Input & string)[];
  readonly policy?: Partial<RunPolicy>;
  run(input: Input, ctx: RunContext): Promise<Result>;
}

/** The agent says that the task cannot be done, and running it again would not help. */
export class TaskFailed extends Error {
  /** @param code stable snake_case word for programs; @param message a sentence for people, free of secrets */
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'TaskFailed';
  }
}

/** A step was used in a way that another run would not make better: its name was taken, or its result cannot be stored. */
export class StepError extends Error {
  override name = 'StepError';
}

/** An agent whose types only it knows: what the registry holds. Its own DTO has checked the input by the time it runs. */
// biome-ignore lint/suspicious/noExplicitAny: `unknown` would forbid passing the input on
export type AnyAgent = Agent<any, any>;
