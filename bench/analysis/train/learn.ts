import { categories } from '../../../src/agents/analyze-document/analysis.js';
import { signalCount } from '../../../src/agents/analyze-document/find/features.js';
import { signalStrength } from '../../../src/agents/analyze-document/find/model.js';
import { minimise, type Objective } from './minimise.js';
import type { Sample } from './samples.js';

/** Chosen by cross-validation. */
export const settings = {
  /** A word or pair has to come up in that many contracts: what is rarer is a name or chance. */
  minContracts: 3,
  /** Weight of half the sum of squared weights beside the sum of the losses. */
  penalty: 0.1,
  /** Further ones change no figure by more than chance does. */
  iterations: 60,
};

export interface Learned {
  bias: Float32Array;
  /** Signals first, then the words of `vocabulary`, in its order. */
  weights: Float32Array;
  vocabulary: Uint32Array;
}

const outputs = categories.length;

/**
 * Logistic regression for every category at once. The same samples give the same weights.
 * @param start what was learned from the same samples before, with other weights: to go on from there
 */
export function learn(samples: readonly Sample[], start?: Learned): Learned {
  const vocabulary = start?.vocabulary ?? vocabularyOf(samples);
  const size = (signalCount + vocabulary.length) * outputs;
  // Weights, then a bias for each category.
  const x = start ? Float64Array.from([...start.weights, ...start.bias]) : new Float64Array(size + outputs).fill(-4, size);
  minimise(lossOf(samples, rowsOf(samples, vocabulary)), x, settings.iterations);
  return { weights: Float32Array.from(x.subarray(0, size)), bias: Float32Array.from(x.subarray(size)), vocabulary };
}

function vocabularyOf(samples: readonly Sample[]): Uint32Array {
  const seen = new Map<number, { contracts: number; last: number }>();
  for (const { contract, features } of samples) {
    for (const word of features.words) {
      const known = seen.get(word);
      if (!known) seen.set(word, { contracts: 1, last: contract });
      else if (known.last !== contract) Object.assign(known, { contracts: known.contracts + 1, last: contract });
    }
  }
  const common = [...seen].filter(([, { contracts }]) => contracts >= settings.minContracts);
  return Uint32Array.from(common, ([word]) => word).sort();
}

/** What a sentence has, by row of weights. The first `words` of `places` share a length of one. */
interface Row {
  places: Uint32Array;
  words: number;
  share: number;
}

function rowsOf(samples: readonly Sample[], vocabulary: Uint32Array): Row[] {
  const places = new Map(Array.from(vocabulary, (word, index) => [word, signalCount + index]));
  return samples.map(({ features }) => {
    const words = Array.from(features.words, (word) => places.get(word)).filter((place) => place !== undefined);
    return {
      places: Uint32Array.from([...words, ...features.signals]),
      words: words.length,
      share: 1 / Math.sqrt(features.words.length + 1),
    };
  });
}

function lossOf(samples: readonly Sample[], rows: readonly Row[]): Objective {
  const errors = new Float64Array(outputs);
  return (x, gradient) => {
    const size = x.length - outputs;
    let loss = 0;
    gradient.fill(0);
    for (let at = 0; at < size; at += 1) {
      gradient[at] = settings.penalty * x[at]!;
      loss += 0.5 * settings.penalty * x[at]! * x[at]!;
    }
    for (const [index, row] of rows.entries()) {
      loss += judge(row, samples[index]!, x, size, errors);
      blame(row, errors, gradient, size);
    }
    return loss;
  };
}

/** Fills `errors` with prediction minus truth, 0 where that is not known. */
function judge({ places, words, share }: Row, sample: Sample, x: Float64Array, size: number, errors: Float64Array): number {
  for (let output = 0; output < outputs; output += 1) errors[output] = x[size + output]!;
  for (let index = 0; index < places.length; index += 1) {
    const from = places[index]! * outputs;
    const strength = index < words ? share : signalStrength;
    for (let output = 0; output < outputs; output += 1) errors[output]! += strength * x[from + output]!;
  }
  let loss = 0;
  for (let output = 0; output < outputs; output += 1) {
    const odds = errors[output]!;
    const label = sample.labels[output]!;
    const weight = label < 0 ? 0 : sample.weights[output]!;
    errors[output] = weight * (1 / (1 + Math.exp(-odds)) - label);
    if (weight > 0) loss += weight * (Math.max(odds, 0) - odds * label + Math.log1p(Math.exp(-Math.abs(odds))));
  }
  return loss;
}

function blame({ places, words, share }: Row, errors: Float64Array, gradient: Float64Array, size: number): void {
  for (let output = 0; output < outputs; output += 1) gradient[size + output]! += errors[output]!;
  for (let index = 0; index < places.length; index += 1) {
    const from = places[index]! * outputs;
    const strength = index < words ? share : signalStrength;
    for (let output = 0; output < outputs; output += 1) gradient[from + output]! += strength * errors[output]!;
  }
}
