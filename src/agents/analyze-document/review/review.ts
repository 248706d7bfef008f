import type { Analysis } from '../analysis.js';
import type { Ask } from './ask.js';
import { Budget, noUsage, type Usage } from './budget.js';
import { passages, system } from './prompt.js';
import { type Question, questionsOf } from './questions.js';
import { readAnswer, type Verdict } from './read-answer.js';

const batchSize = 8;
// A verdict takes about 25 tokens and an explanation about 60.
const answerTokens = (questions: readonly Question[]) =>
  200 + questions.reduce((sum, { deviations }) => sum + 40 + deviations.length * 100, 0);

export interface Review {
  verdicts: Verdict[];
  usage: Usage;
  /** Why the model was given up, free of secrets; null when it was not. */
  trouble: string | null;
}

/**
 * Asks the model about what was found offline, and about nothing else, until all is asked, the budget or the time is spent or
 * an answer fails. Verdicts that came by then count; the rest stays as it was found. Throws only the signal's reason.
 * @param timeMs for all of it
 */
export async function review(
  analysis: Pick<Analysis, 'found' | 'deviations'>,
  model: { name: string; taskTokens: number; ask: Ask },
  timeMs: number,
  signal: AbortSignal,
): Promise<Review> {
  const clock = AbortSignal.timeout(Math.max(0, Math.floor(timeMs)));
  const until = AbortSignal.any([signal, clock]);
  const usage = noUsage(model.name);
  const budget = new Budget(model.taskTokens, usage);
  const verdicts: Verdict[] = [];
  for (const batch of batches(questionsOf(analysis))) {
    const prompt = passages(batch);
    const maxTokens = answerTokens(batch);
    if (!budget.allows(system + prompt, maxTokens)) return { verdicts, usage: { ...usage, review: 'budget' }, trouble: null };
    try {
      const answer = await model.ask(system, prompt, maxTokens, until, () => {
        usage.requests += 1;
      });
      budget.spend(system + prompt, answer.text, answer.usage);
      verdicts.push(...readAnswer(answer.text, batch));
      usage.reviewed = verdicts.length;
      usage.review = 'complete';
    } catch (error) {
      signal.throwIfAborted();
      return { verdicts, usage: { ...usage, review: 'failed' }, trouble: clock.aborted ? tooSlow : describe(error) };
    }
  }
  return { verdicts, usage, trouble: null };
}

const tooSlow = 'The model took longer than the run had time for.';

function* batches(questions: readonly Question[]): Generator<Question[]> {
  for (let from = 0; from < questions.length; from += batchSize) yield questions.slice(from, from + batchSize);
}

/** The endpoint's own words may repeat the key; its status may not. */
function describe(error: unknown): string {
  const status = (error as { status?: unknown }).status;
  if (typeof status === 'number') return `The model endpoint answered ${status}.`;
  return error instanceof SyntaxError ? 'The answer of the model could not be read.' : 'The model endpoint gave no answer.';
}
