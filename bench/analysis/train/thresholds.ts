import { type Category, categories } from '../../../src/agents/analyze-document/analysis.js';

/** Fewer known sentences than this teach a model nothing: the rules decide. */
const fewest = 20;

export interface Judged {
  odds: Float32Array;
  labels: Int8Array;
}

/**
 * For each category the log-odds from which on taking a sentence for it gives the best F1 over sentences.
 * @param judged sentences with the odds of a model that was fitted without their contract
 * @param positives sentences of each category, also those the model never sees
 */
export function thresholdsOf(judged: readonly Judged[], positives: readonly number[]): Record<Category, number | null> {
  return Object.fromEntries(
    categories.map((category, index) => [category, positives[index]! < fewest ? null : best(judged, index, positives[index]!)]),
  ) as Record<Category, number | null>;
}

function best(judged: readonly Judged[], category: number, positives: number): number {
  const falling = judged.map(({ odds, labels }) => ({ odds: odds[category]!, label: labels[category]! })).sort((a, b) => b.odds - a.odds);
  let [right, wrong, bestF1, threshold] = [0, 0, 0, 0];
  for (const [index, { odds, label }] of falling.entries()) {
    if (label === 1) right += 1;
    if (label === 0) wrong += 1;
    const f1 = (2 * right) / (right + wrong + positives);
    if (f1 <= bestF1) continue;
    bestF1 = f1;
    // Between this sentence and the next, so that rounding changes nothing.
    threshold = (odds + (falling[index + 1]?.odds ?? odds)) / 2;
  }
  return Number(threshold.toFixed(4));
}
