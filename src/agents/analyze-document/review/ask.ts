import OpenAI from 'openai';
import type { LanguageModel } from '../../agent.js';

export interface Answer {
  text: string;
  usage: { prompt_tokens?: number; completion_tokens?: number } | undefined;
}

export type Ask = (system: string, user: string, maxTokens: number, signal: AbortSignal) => Promise<Answer>;

/** By the chat completions protocol. Everything is given, so that the library looks for nothing in the environment. */
export function askModel({ name, baseUrl, apiKey, fetch }: LanguageModel): Ask {
  const client = new OpenAI({
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
  return async (system, user, maxTokens, signal) => {
    const answer = await client.chat.completions.create(
      {
        model: name,
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
