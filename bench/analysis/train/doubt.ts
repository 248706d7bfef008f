import type { Sample } from './samples.js';

/** Log-odds from which on a sentence looks like one of the category. */
const looksLike = -1;
const doubted = 0.3;

/**
 * Lawyers marked what they were looking for, not all there is. Where a model that has not seen the contract takes a sentence
 * for one of a category, that it is not marked counts for less.
 * @param odds of each sample, by category
 */
export function doubt(samples: readonly Sample[], odds: readonly Float32Array[]): Sample[] {
  return samples.map((sample, index) => ({
    ...sample,
    weights: Float32Array.from(sample.labels, (label, category) => (label === 0 && odds[index]![category]! > looksLike ? doubted : 1)),
  }));
}
