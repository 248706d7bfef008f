import type { Category, Clause, Excerpt, FoundClause } from '../analysis.js';
import { splitSentences } from '../segment/sentences.js';
import type { ClauseFinder } from './clause-finder.js';
import { notOperative, type Rule, rules } from './ip-rules.js';

/** Sentence by sentence, with rules written by hand. */
export class RuleFinder implements ClauseFinder {
  find(clauses: readonly Clause[]): FoundClause[] {
    const found: FoundClause[] = [];
    for (const clause of clauses) {
      const excerpts = splitSentences(clause.body).flatMap(classify);
      if (excerpts.length > 0) found.push({ clause, excerpts });
    }
    return found;
  }
}

/** One excerpt for each category the sentence belongs to. */
function classify(sentence: string): Excerpt[] {
  const best = new Map<Category, Excerpt>();
  for (const { category, confidence } of matching(sentence)) {
    if ((best.get(category)?.confidence ?? 0) < confidence) best.set(category, { category, text: sentence, confidence });
  }
  return [...best.values()];
}

export function matching(sentence: string): Rule[] {
  const plain = normalise(sentence);
  if (plain.split(' ').length < 6 || notOperative.test(plain)) return [];
  return rules.filter((rule) => rule.all.every((pattern) => pattern.test(plain)) && !rule.none?.some((pattern) => pattern.test(plain)));
}

/** Lower case, plain quotes and dashes, and "non- exclusive" in one piece: so that rules stay readable. */
function normalise(sentence: string): string {
  return sentence
    .toLowerCase()
    .replace(/[‘’ʼ`´]/g, "'")
    .replace(/[“”]/g, '"')
    .replace(/[‐-―−]/g, '-')
    .replace(/(?<=[a-z])-\s+(?=[a-z])/g, '-')
    .replace(/\s+/g, ' ')
    .trim();
}
