import type { LanguageModel } from '../agents/agent.js';
import type { Config } from '../config/config.js';
import type { OperatorClient } from '../platform/egress/operator-client.js';
import { operatorFetch } from '../platform/egress/operator-fetch.js';

const maxAnswerBytes = 1_000_000;

/** What the configuration says about a model, with the only way to it; null when it names none. */
export function languageModel({ llm }: Pick<Config, 'llm'>, client: OperatorClient): LanguageModel | null {
  if (llm.baseUrl === null || llm.model === null) return null;
  return {
    name: llm.model,
    baseUrl: llm.baseUrl,
    apiKey: llm.apiKey,
    taskTokens: llm.taskTokens,
    fetch: operatorFetch(client, { timeoutMs: llm.timeoutMs, maxBytes: maxAnswerBytes }),
  };
}
