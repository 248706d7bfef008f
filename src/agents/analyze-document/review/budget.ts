import type { Spent } from './ask.js';

/** How far the model came: all offline, all asked, the budget spent, or given up. */
export const reviews = ['offline', 'complete', 'budget', 'failed'] as const;

/** What a task spent on the model; in its result. */
export interface Usage {
  /** null when none is configured. */
  model: string | null;
  /** Of the run that ended the task. */
  requests: number;
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  /** Sentences that the model judged. */
  reviewed: number;
  review: (typeof reviews)[number];
}

export const noUsage = (model: string | null): Usage => ({
  model,
  requests: 0,
  prompt_tokens: 0,
  completion_tokens: 0,
  total_tokens: 0,
  reviewed: 0,
  review: 'offline',
});

/** Tokens of a task. Asks before it spends, by an estimate that is rather too high, and counts what was really spent. */
export class Budget {
  constructor(
    private readonly tokens: number,
    readonly usage: Usage,
  ) {}

  allows(prompt: string, answerTokens: number): boolean {
    return this.usage.total_tokens + estimate(prompt) + answerTokens <= this.tokens;
  }

  /** @param spent as the endpoint counted; endpoints that do not, or count nonsense, are charged the estimate */
  spend(prompt: string, answer: string, spent: Spent | undefined): void {
    const { usage } = this;
    usage.prompt_tokens += isCount(spent?.prompt_tokens) ? spent.prompt_tokens : estimate(prompt);
    usage.completion_tokens += isCount(spent?.completion_tokens) ? spent.completion_tokens : estimate(answer);
    usage.total_tokens = usage.prompt_tokens + usage.completion_tokens;
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** English comes to four characters a token and more, other writing to fewer. */
const estimate = (text: string) => Math.ceil(Buffer.byteLength(text) / 3);
