import { squeeze } from '../read/clean-text.js';
import type { Question } from './questions.js';

export interface Verdict {
  question: Question;
  confirmed: boolean;
  /** By index of the question's deviations; null where the model said nothing of use. */
  explanations: (string | null)[];
}

const maxExplanation = 400;

/**
 * What can be used of a model's answer. Ids that were not asked, second verdicts and anything of another shape are passed
 * over; what remains unanswered stays as it was found. Throws when there is no JSON object at all.
 */
export function readAnswer(text: string, questions: readonly Question[]): Verdict[] {
  const root = objectIn(text);
  const verdicts = Array.isArray(root.verdicts) ? root.verdicts.filter(isRecord) : [];
  return questions.flatMap((question) => {
    const own = verdicts.find(({ id }) => id === question.id);
    if (typeof own?.is_of_category !== 'boolean') return [];
    const points = Array.isArray(own.points) ? own.points.filter(isRecord) : [];
    return [
      { question, confirmed: own.is_of_category, explanations: question.deviations.map((_, index) => explanation(points, index + 1)) },
    ];
  });
}

/** Models like to wrap what they were asked for into a fence or a sentence, and some think aloud first. */
function objectIn(text: string): Record<string, unknown> {
  const said = text.replace(/<think>[\s\S]*?<\/think>/g, '');
  const parsed: unknown = JSON.parse(said.slice(said.indexOf('{'), said.lastIndexOf('}') + 1));
  if (!isRecord(parsed)) throw new SyntaxError('The answer of the model is not a JSON object.');
  return parsed;
}

function explanation(points: readonly Record<string, unknown>[], point: number): string | null {
  const why = points.find((each) => each.point === point)?.why;
  const text = typeof why === 'string' ? squeeze(cleanly(why)) : '';
  return text === '' || text.length > maxExplanation || leadsAway.test(text) ? null : text;
}

/** An explanation needs no address; one that was planted would. */
const leadsAway = /:\/\/|\bwww\./i;

const cleanly = (text: string) => text.toWellFormed().replace(/\p{Cc}/gu, ' ');

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
