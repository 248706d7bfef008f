import { type Category, categories } from '../../../src/agents/analyze-document/analysis.js';
import { random } from './random.js';

/** Fewer known sentences than this teach a model nothing: the rules decide. */
const fewest = 20;
const draws = 100;

export interface Judged {
  contract: number;
  odds: Float32Array;
  labels: Int8Array;
}

/**
 * For each category the log-odds from which on taking a sentence for it gives the best F1 over sentences. The best point of
 * one sample is luck to a good part, so it is the mean over many samples of the contracts.
 * @param judged sentences with the odds of a model that was fitted without their contract
 * @param positives sentences of each category, also those the model never sees
 */
export function thresholdsOf(judged: readonly Judged[], positives: readonly number[]): Record<Category, number | null> {
  return Object.fromEntries(
    categories.map((category, index) => [category, positives[index]! < fewest ? null : average(judged, index, positives[index]!)]),
  ) as Record<Category, number | null>;
}

interface Point {
  contract: number;
  odds: number;
  label: number;
}

function average(judged: readonly Judged[], category: number, positives: number): number {
  const falling = judged
    .map(({ contract, odds, labels }) => ({ contract, odds: odds[category]!, label: labels[category]! }))
    .sort((a, b) => b.odds - a.odds);
  const contracts = 1 + judged.reduce((most, { contract }) => Math.max(most, contract), 0);
  // What the model never sees is missed whatever the threshold is.
  const unseen = positives - falling.filter(({ label }) => label === 1).length;
  const next = random(category + 1);
  let sum = 0;
  for (let draw = 0; draw < draws; draw += 1) {
    const times = new Uint8Array(contracts);
    for (let each = 0; each < contracts; each += 1) times[Math.floor(next() * contracts)]! += 1;
    sum += best(falling, times, unseen);
  }
  return Number((sum / draws).toFixed(4));
}

function best(falling: readonly Point[], times: Uint8Array, unseen: number): number {
  const positives = unseen + falling.reduce((sum, { contract, label }) => sum + (label === 1 ? times[contract]! : 0), 0);
  let [right, wrong, bestF1, threshold] = [0, 0, 0, 0];
  for (const [index, { contract, odds, label }] of falling.entries()) {
    const count = times[contract]!;
    if (count === 0) continue;
    if (label === 1) right += count;
    if (label === 0) wrong += count;
    const f1 = (2 * right) / (right + wrong + positives);
    if (f1 <= bestF1) continue;
    bestF1 = f1;
    threshold = (odds + (falling[index + 1]?.odds ?? odds)) / 2;
  }
  return threshold;
}
