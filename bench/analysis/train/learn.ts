import { categories } from '../../../src/agents/analyze-document/analysis.js';
import { signalCount } from '../../../src/agents/analyze-document/find/features.js';
import { signalStrength } from '../../../src/agents/analyze-document/find/model.js';
import { random, shuffle } from './random.js';
import type { Sample } from './samples.js';

/** Chosen by cross-validation on the training side. */
export const settings = {
  /** A word or pair has to come up in that many contracts: what is rarer is a name or chance. */
  minContracts: 3,
  epochs: 8,
  rate: 0.2,
  /** Weight decay, taken together with the gradient of each sentence that has the feature. */
  decay: 0.003,
  /** Fits whose average is taken; they differ in the order of the sentences. */
  fits: 2,
  seed: 20_251,
};

export interface Learned {
  bias: Float32Array;
  /** Signals first, then the words of `vocabulary`, in its order. */
  weights: Float32Array;
  vocabulary: Uint32Array;
}

const outputs = categories.length;

/** Logistic regression for every category at once, by stochastic gradient descent with AdaGrad's step widths. */
export function learn(samples: readonly Sample[]): Learned {
  const vocabulary = vocabularyOf(samples);
  const rows = rowsOf(samples, vocabulary);
  const sum = { bias: new Float32Array(outputs), weights: new Float32Array((signalCount + vocabulary.length) * outputs) };
  for (let each = 0; each < settings.fits; each += 1) {
    const one = descend(samples, rows, sum.weights.length, settings.seed + each);
    for (let index = 0; index < outputs; index += 1) sum.bias[index]! += one.bias[index]! / settings.fits;
    for (let index = 0; index < one.weights.length; index += 1) sum.weights[index]! += one.weights[index]! / settings.fits;
  }
  return { ...sum, vocabulary };
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

function descend(samples: readonly Sample[], rows: readonly Row[], size: number, seed: number): Pick<Learned, 'bias' | 'weights'> {
  const weights = new Float32Array(size);
  const squares = new Float32Array(size).fill(1e-6);
  const bias = new Float32Array(outputs).fill(-4);
  const order = Uint32Array.from(samples, (_, index) => index);
  const next = random(seed);
  const gradient = new Float64Array(outputs);
  for (let epoch = 0; epoch < settings.epochs; epoch += 1) {
    shuffle(order, next);
    for (const index of order) {
      if (!errors(rows[index]!, samples[index]!.labels, { weights, bias }, gradient)) continue;
      for (let output = 0; output < outputs; output += 1) bias[output]! -= 0.01 * gradient[output]!;
      step(rows[index]!, gradient, weights, squares);
    }
  }
  return { weights, bias };
}

/** Fills `gradient` with prediction minus truth; false when nothing is to be learnt from it. */
function errors(
  { places, words, share }: Row,
  labels: Int8Array,
  { weights, bias }: Pick<Learned, 'weights' | 'bias'>,
  gradient: Float64Array,
): boolean {
  for (let output = 0; output < outputs; output += 1) gradient[output] = bias[output]!;
  for (let index = 0; index < places.length; index += 1) {
    const from = places[index]! * outputs;
    const strength = index < words ? share : signalStrength;
    for (let output = 0; output < outputs; output += 1) gradient[output]! += strength * weights[from + output]!;
  }
  let worth = false;
  for (let output = 0; output < outputs; output += 1) {
    const label = labels[output]!;
    const error = label < 0 ? 0 : 1 / (1 + Math.exp(-gradient[output]!)) - label;
    gradient[output] = Math.abs(error) < 0.001 ? 0 : error;
    worth ||= gradient[output] !== 0;
  }
  return worth;
}

function step({ places, words, share }: Row, gradient: Float64Array, weights: Float32Array, squares: Float32Array): void {
  for (let index = 0; index < places.length; index += 1) {
    const from = places[index]! * outputs;
    const strength = index < words ? share : signalStrength;
    for (let output = 0; output < outputs; output += 1) {
      const error = gradient[output]!;
      if (error === 0) continue;
      const slope = error * strength + settings.decay * weights[from + output]!;
      squares[from + output]! += slope * slope;
      weights[from + output]! -= (settings.rate * slope) / Math.sqrt(squares[from + output]!);
    }
  }
}
