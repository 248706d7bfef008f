import { type Category, categories } from '../../../src/agents/analyze-document/analysis.js';
import { distinct, group, withoutNearDoubles } from './gold.js';
import { addCounts, type Counts, match, noCounts } from './match.js';
import { Span } from './span.js';

export interface Prediction {
  text: string;
  categories: readonly Category[];
}

export interface Judged {
  labels: Readonly<Record<Category, readonly string[]>>;
  predictions: readonly Prediction[];
}

export interface Rates {
  precision: number;
  recall: number;
  f1: number;
}

export interface Summary {
  gold: number;
  predicted: number;
  lenient: Rates;
  strict: Rates;
  words: Rates;
  recallTogether: number;
  tooLong: number;
  meanWords: number;
}

export interface Score {
  contracts: number;
  any: Summary;
  categories: Record<Category, Summary>;
  micro: Summary;
  presence: Record<Category | 'any', Rates & { accuracy: number }>;
  /** Of each contract, in the order given: for intervals. */
  perContract: Counts[];
}

/**
 * Judges found clauses by lawyers' spans. `any` asks only whether the words were found, `categories` also under which name.
 * The rules: `docs/analysis.md`, "The measure".
 */
export function score(contracts: readonly Judged[]): Score {
  const any = contracts.map(scoreAny);
  const byCategory = Object.fromEntries(
    categories.map((category) => [category, contracts.map((contract) => scoreCategory(contract, category))]),
  ) as Record<Category, Counts[]>;
  const sums = mapCategories((category) => sum(byCategory[category]));
  return {
    contracts: contracts.length,
    any: summarise(sum(any)),
    categories: mapCategories((category) => summarise(sums[category])),
    micro: summarise(sum(Object.values(sums))),
    presence: { ...mapCategories((category) => presence(byCategory[category])), any: presence(any) },
    perContract: any,
  };
}

const mapCategories = <T>(make: (category: Category) => T) =>
  Object.fromEntries(categories.map((category) => [category, make(category)])) as Record<Category, T>;

const sum = (counts: readonly Counts[]) => counts.reduce(addCounts, noCounts());

const spans = new Map<string, Span>();

/** One contract's texts come up again for every category. */
function spanOf(text: string): Span {
  const known = spans.get(text);
  if (known) return known;
  if (spans.size > 20_000) spans.clear();
  const span = new Span(text);
  spans.set(text, span);
  return span;
}

function scoreAny({ labels, predictions }: Judged): Counts {
  const gold = distinct(categories.flatMap((category) => labels[category].map(spanOf)));
  return match(distinct(predictions.map(({ text }) => spanOf(text))), group(gold), gold);
}

function scoreCategory({ labels, predictions }: Judged, category: Category): Counts {
  const gold = withoutNearDoubles(distinct(labels[category].map(spanOf)));
  const own = predictions.filter((prediction) => prediction.categories.includes(category));
  const groups = gold.map((span) => [span]);
  return match(distinct(own.map(({ text }) => spanOf(text))), groups, gold);
}

export function summarise(counts: Counts): Summary {
  const { predicted, gold } = counts;
  return {
    gold,
    predicted,
    lenient: rates(share(counts.lenientPredicted, predicted), share(counts.lenientGold, gold)),
    strict: rates(share(counts.strictPredicted, predicted), share(counts.strictGold, gold)),
    words: rates(share(counts.tokensInside, counts.tokens), share(counts.goldTokensInside, counts.goldTokens)),
    recallTogether: share(counts.unionGold, gold),
    tooLong: counts.tooLong,
    meanWords: share(counts.words, predicted),
  };
}

function presence(contracts: readonly Counts[]): Rates & { accuracy: number } {
  const count = (gold: boolean, predicted: boolean) =>
    contracts.filter((each) => each.gold > 0 === gold && each.predicted > 0 === predicted).length;
  const [hit, extra, missed, none] = [count(true, true), count(false, true), count(true, false), count(false, false)];
  return { accuracy: share(hit + none, contracts.length), ...rates(share(hit, hit + extra), share(hit, hit + missed)) };
}

const share = (part: number, whole: number) => (whole ? part / whole : 0);

const rates = (precision: number, recall: number): Rates => ({
  precision,
  recall,
  f1: precision + recall ? (2 * precision * recall) / (precision + recall) : 0,
});
