import { categories } from '../../../src/agents/analyze-document/analysis.js';
import { signalCount } from '../../../src/agents/analyze-document/find/features.js';
import type { StoredModel } from '../../../src/agents/analyze-document/find/model.js';
import type { Learned } from './learn.js';

/** Words and pairs that are kept; the rest say next to nothing and the file has to stay small. */
const kept = 25_000;
const outputs = categories.length;

export const about =
  'Weights learned from CUAD v1, the Contract Understanding Atticus Dataset of The Atticus Project (https://www.atticusprojectai.org/cuad), CC BY 4.0, by npm run train. Holds no text of it.';

/** Rounds weights to a byte and leaves out the words that weigh least. */
export function store(
  { bias, weights, vocabulary }: Learned,
  thresholds: StoredModel['thresholds'],
  trained: StoredModel['trained'],
): StoredModel {
  const signals = weights.subarray(0, signalCount * outputs);
  const words = weights.subarray(signalCount * outputs);
  const heaviest = Array.from(vocabulary, (_, index) => ({ index, weight: weightOf(words, index) }))
    .sort((a, b) => b.weight - a.weight || a.index - b.index)
    .slice(0, kept)
    .map(({ index }) => index)
    .sort((a, b) => a - b);
  const keptWords = Float32Array.from(heaviest.flatMap((index) => [...words.subarray(index * outputs, (index + 1) * outputs)]));
  const scales = Array.from({ length: outputs }, (_, output) => scaleOf([signals, keptWords], output));
  return {
    version: 1,
    about,
    trained,
    thresholds,
    bias: Array.from(bias, (value) => Number(value.toFixed(4))),
    scales,
    signals: pack(signals, scales),
    words: packWords(heaviest.map((index) => vocabulary[index]!)),
    weights: pack(keptWords, scales),
  };
}

function weightOf(words: Float32Array, index: number): number {
  let most = 0;
  for (let output = 0; output < outputs; output += 1) most = Math.max(most, Math.abs(words[index * outputs + output]!));
  return most;
}

function scaleOf(parts: readonly Float32Array[], output: number): number {
  let most = 0;
  for (const part of parts) for (let index = output; index < part.length; index += outputs) most = Math.max(most, Math.abs(part[index]!));
  return Number((most / 127 || 1).toPrecision(6));
}

function pack(weights: Float32Array, scales: readonly number[]): string {
  return Buffer.from(Int8Array.from(weights, (weight, index) => Math.round(weight / scales[index % outputs]!)).buffer).toString('base64');
}

function packWords(words: readonly number[]): string {
  const bytes = Buffer.alloc(words.length * 4);
  for (const [index, word] of words.entries()) bytes.writeUInt32LE(word, index * 4);
  return bytes.toString('base64');
}
