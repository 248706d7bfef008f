import type OpenAI from 'openai';
import type { LanguageModel } from '../../agent.js';

export interface Answer {
  text: string;
  usage?: Spent | undefined;
}

/** Tokens as the endpoint counted them: anything may stand here. */
export interface Spent {
  prompt_tokens?: unknown;
  completion_tokens?: unknown;
}

/** @param sent called for every request, also for one that repeats another */
export type Ask = (system: string, user: string, maxTokens: number, signal: AbortSignal, sent: () => void) => Promise<Answer>;

/** By the chat completions protocol. */
export function askModel(model: LanguageModel): Ask {
  let client: OpenAI | null = null;
  let onRequest = () => {};
  return async (system, user, maxTokens, signal, sent) => {
    onRequest = sent;
    client ??= await open(model, () => onRequest());
    const answer = await client.chat.completions.create(
      {
        model: model.name,
        messages: [
          { role: 'system', content: system },
          { role: 'user', content: user },
        ],
        max_completion_tokens: maxTokens,
      },
      { signal },
    );
    return { text: answer.choices?.[0]?.message?.content ?? '', usage: answer.usage };
  };
}

/**
 * The library is loaded when there is something to ask: it makes a fifteenth of all modules. Everything is given, so that it looks for
 * nothing in the environment.
 */
async function open({ baseUrl, apiKey, fetch }: LanguageModel, sent: () => void): Promise<OpenAI> {
  const { default: Client } = await import('openai');
  return new Client({
    baseURL: baseUrl,
    apiKey: apiKey ?? 'none',
    organization: null,
    project: null,
    webhookSecret: null,
    logLevel: 'off',
    maxRetries: 1,
    fetch: (...request) => {
      sent();
      return fetch(...request);
    },
    ...(apiKey === null ? { defaultHeaders: { authorization: null } } : {}),
  });
}
