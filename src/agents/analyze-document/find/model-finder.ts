import { type Category, type Clause, categories, type Excerpt, type FoundClause } from '../analysis.js';
import { placeSentences } from '../segment/sentences.js';
import type { ClauseFinder } from './clause-finder.js';
import { isDenied } from './denials.js';
import { type Features, featuresOf, matching } from './features.js';
import type { Rule } from './ip-rules.js';
import { logOdds, type Model, readModel } from './model.js';
import { plain } from './plain.js';
import { plainWords } from './plain-words.js';
import { widen } from './widen.js';

// A finding has a confidence of one half and more. Below, what is worth the question is kept as doubtful, and what is near
// is quoted along with a finding beside it.
const found = 0.5;
const worthAsking = 0.3;
const near = 0.12;

/** Sentence by sentence: a trained model that takes rules written by hand among its features. */
export class ModelFinder implements ClauseFinder {
  static async load(): Promise<ModelFinder> {
    return new ModelFinder(await readModel());
  }

  constructor(private readonly model: Model) {}

  find(clauses: readonly Clause[]): FoundClause[] {
    return clauses.flatMap((clause) => {
      const excerpts = this.excerptsOf(clause.body);
      return excerpts.length > 0 ? [{ clause, excerpts }] : [];
    });
  }

  /** For each sentence one excerpt for each category it belongs to. */
  private excerptsOf(body: string): Excerpt[] {
    const sentences = placeSentences(body).map((place) => {
      const text = body.slice(place.start, place.end);
      const guesses = this.classify(text);
      const surest = Math.max(0, ...guesses.map(({ confidence }) => confidence));
      return { text, guesses, place, found: surest >= found, near: surest >= near };
    });
    const quoted = widen(body, sentences);
    return sentences.flatMap(({ text: sentence, guesses }, index) => {
      const text = body.slice(quoted[index]!.start, quoted[index]!.end);
      return guesses
        .filter(({ confidence }) => confidence >= worthAsking)
        .map(({ category, confidence }) => ({ category, sentence, text, confidence, doubtful: confidence < found }));
    });
  }

  private classify(sentence: string): Pick<Excerpt, 'category' | 'confidence'>[] {
    const text = plain(sentence);
    const features = featuresOf(text);
    if (!features) return [];
    const certain = [...features.rules.filter((rule) => rule.certain), ...matching(text, plainWords)];
    const odds = logOdds(this.model, features);
    return categories.map((category, index) => {
      const confidence = this.confidence(category, odds[index]!, features, certain);
      return { category, confidence: confidence >= near && isDenied(category, text) ? 0 : Number(confidence.toFixed(3)) };
    });
  }

  private confidence(category: Category, odds: number, { rules }: Features, certain: readonly Rule[]): number {
    const threshold = this.model.thresholds[category];
    const own = (threshold === null ? [...rules, ...certain] : certain).filter((rule) => rule.category === category);
    const byModel = threshold === null ? 0 : 1 / (1 + Math.exp(threshold - odds));
    return Math.max(byModel, ...own.map((rule) => rule.confidence));
  }
}
