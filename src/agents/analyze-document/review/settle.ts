import type { Analysis, Discrepancy, Excerpt, FoundClause } from '../analysis.js';
import { restsOn } from './questions.js';
import type { Verdict } from './read-answer.js';

// The model reads words that strangers wrote, and they may be written to mislead it: it cannot take away what is this certain.
const beyondDoubt = 0.9;

export interface Settled {
  found: FoundClause[];
  discrepancies: Discrepancy[];
}

/**
 * What stands in the end. Without a verdict the offline finding decides. With one, the model may confirm what was doubtful
 * and take away what was not certain, and its explanation follows the playbook's; it can add nothing of its own.
 */
export function settle(analysis: Pick<Analysis, 'found' | 'deviations' | 'missing'>, verdicts: readonly Verdict[]): Settled {
  const byExcerpt = new Map(verdicts.map((verdict) => [verdict.question.excerpt, verdict]));
  const found = analysis.found
    .map((each) => ({ ...each, excerpts: each.excerpts.flatMap((excerpt) => decide(excerpt, byExcerpt.get(excerpt))) }))
    .filter(({ excerpts }) => excerpts.length > 0);
  const explained = new Map(
    verdicts.flatMap(({ question, explanations }) => question.deviations.map((each, at) => [each, explanations[at]])),
  );
  const deviations = analysis.deviations
    .filter((deviation) => found.some((each) => each.excerpts.some((excerpt) => restsOn(deviation, each, excerpt))))
    .map((deviation) => ({ ...deviation, explanation: explained.get(deviation) ?? null }));
  // what was doubtful, and is not denied, may be there: that it is missing would be too much to say
  const perhaps = analysis.found.flatMap(({ excerpts }) => excerpts.filter((excerpt) => byExcerpt.get(excerpt)?.confirmed ?? true));
  const present = new Set([...found.flatMap(({ excerpts }) => excerpts), ...perhaps].map(({ category }) => category));
  return { found, discrepancies: [...oncePerClause(deviations), ...analysis.missing.filter(({ category }) => !present.has(category))] };
}

function decide(excerpt: Excerpt, verdict: Verdict | undefined): Excerpt[] {
  if (!verdict) return excerpt.doubtful ? [] : [excerpt];
  if (verdict.confirmed) return [{ ...excerpt, doubtful: false, confidence: (1 + excerpt.confidence) / 2 }];
  return !excerpt.doubtful && excerpt.confidence >= beyondDoubt ? [excerpt] : [];
}

/** The same point about the same clause, made by its next sentence, tells the reader nothing. */
function oncePerClause(deviations: readonly (Discrepancy & { explanation: string | null })[]): Discrepancy[] {
  const seen = new Set<string>();
  return deviations.flatMap(({ explanation, ...discrepancy }) => {
    const key = `${discrepancy.clause_ref}|${discrepancy.category}|${discrepancy.why}`;
    if (seen.has(key)) return [];
    seen.add(key);
    return [explanation ? { ...discrepancy, why: `${discrepancy.why} ${explanation}` } : discrepancy];
  });
}
