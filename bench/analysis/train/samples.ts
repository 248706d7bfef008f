import { categories } from '../../../src/agents/analyze-document/analysis.js';
import { type Features, featuresOf } from '../../../src/agents/analyze-document/find/features.js';
import { plain } from '../../../src/agents/analyze-document/find/plain.js';
import { splitSentences } from '../../../src/agents/analyze-document/segment/sentences.js';
import type { ReadContract } from '../read-contract.js';
import { type Marked, markSentences } from './gold-marks.js';

/** A sentence to learn from. */
export interface Sample {
  /** Which contract it is from. */
  contract: number;
  features: Features;
  /** By category: 1 yes, 0 no, -1 hard to say. */
  labels: Int8Array;
  /** By category, how much the label counts. */
  weights: Float32Array;
}

export interface Samples {
  samples: Sample[];
  /** By category: sentences that are of it, those without features included. */
  positives: number[];
}

export function samplesOf(contracts: readonly ReadContract[]): Samples {
  const samples: Sample[] = [];
  const positives = categories.map(() => 0);
  for (const [contract, { raw, clauses, contract: of }] of contracts.entries()) {
    const sentences = clauses.flatMap(({ body }) => splitSentences(body));
    for (const [index, mark] of markSentences(raw, sentences, of.labels).entries()) {
      const labels = labelsOf(mark);
      for (const [category, label] of labels.entries()) if (label === 1) positives[category]! += 1;
      const features = featuresOf(plain(sentences[index]!));
      if (features) samples.push({ contract, features, labels, weights: certain });
    }
  }
  return { samples, positives };
}

const certain = new Float32Array(categories.length).fill(1);

/** Half of the sentence marked, or half of a mark in the sentence; a little of either teaches nothing. */
function labelsOf({ inside, holds }: Marked): Int8Array {
  return Int8Array.from(categories, (_, index) => {
    if (inside[index]! >= 0.5 || holds[index]! >= 0.5) return 1;
    return inside[index]! > 0.1 ? -1 : 0;
  });
}
