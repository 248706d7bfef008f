import { type Category, type Clause, categories, type Excerpt, type FoundClause } from '../analysis.js';
import { splitSentences } from '../segment/sentences.js';
import type { ClauseFinder } from './clause-finder.js';
import { type Features, featuresOf, matching } from './features.js';
import { permissions, type Rule } from './ip-rules.js';
import { logOdds, type Model, readModel } from './model.js';
import { plain } from './plain.js';

// A finding has a confidence of one half and more. Below, what is worth the question is kept as doubtful.
const found = 0.5;
const worthAsking = 0.3;

/** Sentence by sentence: a trained model that takes rules written by hand among its features. */
export class ModelFinder implements ClauseFinder {
  static async load(): Promise<ModelFinder> {
    return new ModelFinder(await readModel());
  }

  constructor(private readonly model: Model) {}

  find(clauses: readonly Clause[]): FoundClause[] {
    return clauses.flatMap((clause) => {
      const excerpts = splitSentences(clause.body).flatMap((sentence) => this.classify(sentence));
      return excerpts.length > 0 ? [{ clause, excerpts }] : [];
    });
  }

  /** One excerpt for each category the sentence belongs to. */
  private classify(sentence: string): Excerpt[] {
    const text = plain(sentence);
    const features = featuresOf(text);
    if (!features) return [];
    const certain = [...features.rules.filter((rule) => rule.certain), ...matching(text, permissions)];
    const odds = logOdds(this.model, features);
    return categories.flatMap((category, index) => {
      const confidence = Number(this.confidence(category, odds[index]!, features, certain).toFixed(3));
      return confidence < worthAsking ? [] : [{ category, text: sentence, confidence, doubtful: confidence < found }];
    });
  }

  private confidence(category: Category, odds: number, { rules }: Features, certain: readonly Rule[]): number {
    const threshold = this.model.thresholds[category];
    const own = (threshold === null ? [...rules, ...certain] : certain).filter((rule) => rule.category === category);
    const byModel = threshold === null ? 0 : 1 / (1 + Math.exp(threshold - odds));
    return Math.max(byModel, ...own.map((rule) => rule.confidence));
  }
}
