import type OpenAI from 'openai';
import type { LanguageModel } from '../../agent.js';

export interface Answer {
  text: string;
  usage: { prompt_tokens?: number; completion_tokens?: number } | undefined;
}

export type Ask = (system: string, user: string, maxTokens: number, signal: AbortSignal) => Promise<Answer>;

/** By the chat completions protocol. */
export function askModel(model: LanguageModel): Ask {
  let client: OpenAI | null = null;
  return async (system, user, maxTokens, signal) => {
    client ??= await open(model);
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
async function open({ baseUrl, apiKey, fetch }: LanguageModel): Promise<OpenAI> {
  const { default: Client } = await import('openai');
  return new Client({
    baseURL: baseUrl,
    apiKey: apiKey ?? 'none',
    organization: null,
    project: null,
    webhookSecret: null,
    logLevel: 'off',
    maxRetries: 1,
    fetch,
    ...(apiKey === null ? { defaultHeaders: { authorization: null } } : {}),
  });
}
