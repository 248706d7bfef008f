import {
  type Agent,
  type Download,
  type Json,
  type LanguageModel,
  LOG_LEVELS,
  type LogLevel,
  type RunContext,
} from '../../src/agents/agent.js';
import { validateDto } from '../../src/platform/http/validate-dto.js';

export interface AgentRun<Result> {
  result: Result;
  progress: { fraction: number; message?: string; data?: Json }[];
  logs: { level: LogLevel; message: string; data?: Json }[];
  /** Results of its steps, those that were given included. */
  steps: Record<string, unknown>;
}

type Bytes = Buffer | string;

export interface RunAgentOptions {
  /** What `ctx.download` finds: contents by URL, or a function from a URL to contents. */
  download?: Record<string, Bytes> | ((url: string) => Bytes | Promise<Bytes>);
  signal?: AbortSignal;
  /** 1 unless told: the number of the charged run. */
  run?: number;
  /** 0 unless told. */
  interruptions?: number;
  /** Milliseconds; a quarter of an hour unless told. */
  timeLeft?: number;
  /** Steps that an earlier run has finished, with their results. */
  steps?: Record<string, unknown>;
  /** None unless told. */
  model?: LanguageModel;
}

/**
 * Runs an agent as the service does, without queue, database or network: checks `input` against the agent's DTO (fields
 * it does not list are refused), then calls `run` with a context that records. Takes the agent's class, or an instance.
 *
 *     const { result, progress } = await runAgent(MyAgent, { document_url: 'https://a.test/x.txt' }, {
 *       download: { 'https://a.test/x.txt': 'some text' },
 *     });
 *
 * What the agent throws comes through: `await expect(runAgent(…)).rejects.toMatchObject({ code: 'document_empty' })`.
 */
export async function runAgent<Input extends object, Result extends object | Json>(
  agentOrClass: Agent<Input, Result> | (new () => Agent<Input, Result>),
  input: Record<string, unknown>,
  options: RunAgentOptions = {},
): Promise<AgentRun<Result>> {
  const agent = typeof agentOrClass === 'function' ? new agentOrClass() : agentOrClass;
  const checked = checkInput(agent, input);
  const progress: AgentRun<Result>['progress'] = [];
  const logs: AgentRun<Result>['logs'] = [];
  const steps: Record<string, unknown> = { ...options.steps };
  const ctx: RunContext = {
    taskId: '01890a5d-ac96-774b-bcce-b302099a8057',
    tenant: 'test',
    run: options.run ?? 1,
    interruptions: options.interruptions ?? 0,
    signal: options.signal ?? new AbortController().signal,
    timeLeft: () => options.timeLeft ?? 15 * 60_000,
    progress: async (fraction, message, data) => void progress.push({ fraction, message, data }),
    log: async (first: string, second?: Json, third?: Json) => {
      const leveled = LOG_LEVELS.some((level) => level === first) && typeof second === 'string';
      logs.push(leveled ? { level: first as LogLevel, message: second, data: third } : { level: 'info', message: first, data: second });
    },
    async step<T>(name: string, fn: () => T | Promise<T>): Promise<T> {
      if (!Object.hasOwn(steps, name)) steps[name] = JSON.parse(JSON.stringify((await fn()) ?? null));
      return steps[name] as T;
    },
    download: (url) => download(url, options.download),
    model: options.model ?? null,
  };
  return { result: await agent.run(checked, ctx), progress, logs, steps };
}

function checkInput<Input extends object>(agent: Pick<Agent<Input>, 'type' | 'input'>, input: Record<string, unknown>): Input {
  const { value, errors } = validateDto(agent.input, input);
  if (errors.length === 0) return value;
  throw new Error(`the input of ${agent.type} is not valid: ${errors.map(({ field, detail }) => `${field}: ${detail}`).join('; ')}`);
}

async function download(url: string, source: RunAgentOptions['download']): Promise<Download> {
  const found = typeof source === 'function' ? await source(url) : source?.[url];
  if (found === undefined) throw new Error(`the agent downloads ${url}, which this test did not provide`);
  return { bytes: Buffer.from(found), url, contentType: null };
}
