import type { Category, Clause, Excerpt, FoundClause } from '../analysis.js';
import { splitSentences } from '../segment/sentences.js';
import type { ClauseFinder } from './clause-finder.js';
import { matching } from './features.js';
import { plain } from './plain.js';

/** Sentence by sentence, with rules written by hand and nothing else: what the trained model is measured against. */
export class RuleFinder implements ClauseFinder {
  find(clauses: readonly Clause[]): FoundClause[] {
    return clauses.flatMap((clause) => {
      const excerpts = splitSentences(clause.body).flatMap(classify);
      return excerpts.length > 0 ? [{ clause, excerpts }] : [];
    });
  }
}

/** One excerpt for each category the sentence belongs to. */
function classify(sentence: string): Excerpt[] {
  const best = new Map<Category, Excerpt>();
  const text = plain(sentence);
  if (text.split(' ', 6).length < 6) return [];
  for (const { category, confidence } of matching(text)) {
    if ((best.get(category)?.confidence ?? 0) < confidence)
      best.set(category, { category, sentence, text: sentence, confidence, doubtful: false });
  }
  return [...best.values()];
}
