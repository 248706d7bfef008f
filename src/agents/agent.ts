/** Any value JSON can carry. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export type Class<T> = new () => T;

/** A downloaded document. `url` is the address after redirects. */
export interface Download {
  bytes: Buffer;
  url: string;
  contentType: string | null;
}

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
  /** Aborted on cancel, time-out and shutdown. Pass it to everything that waits. */
  readonly signal: AbortSignal;
  /** `fraction` is 0 to 1. Shown to the caller; rejects once this run no longer owns its task. */
  progress(fraction: number, message?: string, data?: Json): Promise<void>;
  /** A line in the task's event history. Never put a secret in here. */
  log(message: string, data?: Json): Promise<void>;
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
  /** Wait before run n+1 is `backoffMs * 2^(n-1)`. */
  backoffMs: number;
}

export const defaultRunPolicy: RunPolicy = {
  maxRuns: 3,
  timeoutMs: 15 * 60_000,
  maxTimeoutMs: 60 * 60_000,
  backoffMs: 2_000,
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

/** An agent whose types only it knows: what the registry holds. Its own DTO has checked the input by the time it runs. */
// biome-ignore lint/suspicious/noExplicitAny: `unknown` would forbid passing the input on
export type AnyAgent = Agent<any, any>;
