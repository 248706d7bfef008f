import { readFile } from 'node:fs/promises';
import { type Category, categories } from '../analysis.js';
import { type Features, signalCount } from './features.js';

/** One logistic regression for each category, over the same features. */
export interface Model {
  bias: Float32Array;
  /** For each signal, a weight for each category. */
  signals: Float32Array;
  /** By hash of a word or pair: where its weights begin in `weights`. */
  words: ReadonlyMap<number, number>;
  weights: Float32Array;
  /** Log-odds from which a sentence is of the category; null where the rules decide, because too few examples were known. */
  thresholds: Record<Category, number | null>;
}

/** As it is stored: whole numbers of one byte, times a scale for each category. Numbers are little-endian, in base64. */
export interface StoredModel {
  version: 1;
  /** Where the numbers come from. */
  about: string;
  /** Settings and figures of the training, and fingerprints of the contracts it saw. */
  trained: { contracts?: string[] };
  thresholds: Record<Category, number | null>;
  bias: number[];
  scales: number[];
  /** Signals × categories, int8. */
  signals: string;
  /** uint32, ascending. */
  words: string;
  /** Words × categories, int8. */
  weights: string;
}

export async function readModel(): Promise<Model> {
  return decodeModel(await readStoredModel());
}

/** The model that comes with the agent. The build copies it beside the compiled files. */
export async function readStoredModel(): Promise<StoredModel> {
  return JSON.parse(await readFile(new URL('model.json', import.meta.url), 'utf8'));
}

export function decodeModel({ bias, scales, signals, words, weights, thresholds }: StoredModel): Model {
  const decoded = unpack(signals, scales);
  if (decoded.length !== signalCount * categories.length)
    throw new Error('model.json was trained for other signals or rules; train it again');
  const bytes = Buffer.from(words, 'base64');
  const places = new Map<number, number>();
  for (let index = 0; index * 4 < bytes.length; index += 1) places.set(bytes.readUInt32LE(index * 4), index * categories.length);
  return { bias: Float32Array.from(bias), signals: decoded, words: places, weights: unpack(weights, scales), thresholds };
}

function unpack(base64: string, scales: readonly number[]): Float32Array {
  const bytes = Int8Array.from(Buffer.from(base64, 'base64'));
  const unpacked = new Float32Array(bytes.length);
  for (let index = 0; index < bytes.length; index += 1) unpacked[index] = bytes[index]! * scales[index % scales.length]!;
  return unpacked;
}

/** How much a signal says beside the words, whose weights share a length of one. */
export const signalStrength = 0.3;

/** Log-odds of each category, in the order of `categories`. */
export function logOdds({ bias, signals, words, weights }: Model, features: Features): Float32Array {
  const odds = Float32Array.from(bias);
  const share = 1 / Math.sqrt(features.words.length + 1);
  for (const word of features.words) {
    const from = words.get(word);
    if (from !== undefined) for (let index = 0; index < odds.length; index += 1) odds[index]! += share * weights[from + index]!;
  }
  for (const signal of features.signals) {
    const from = signal * odds.length;
    for (let index = 0; index < odds.length; index += 1) odds[index]! += signalStrength * signals[from + index]!;
  }
  return odds;
}
