import { categories } from '../../../src/agents/analyze-document/analysis.js';
import { decodeModel, logOdds, type StoredModel } from '../../../src/agents/analyze-document/find/model.js';
import { ModelFinder } from '../../../src/agents/analyze-document/find/model-finder.js';
import { type Judged, score } from '../measure/score.js';
import { predictionsOf } from '../predict.js';
import type { ReadContract } from '../read-contract.js';
import { fingerprint, foldOf } from '../split.js';
import { doubt } from './doubt.js';
import { type Learned, learn, settings } from './learn.js';
import { type Sample, samplesOf } from './samples.js';
import { store } from './store.js';
import { thresholdsOf } from './thresholds.js';

export const folds = 5;

export interface Trained {
  model: StoredModel;
  figures: Figures;
}

/** F1 by the measure: any category lenient and strict, by category lenient. */
export interface Figures {
  lenient: number;
  strict: number;
  micro: number;
}

/**
 * Learns from the contracts and from nothing else: once with the marks as they are, and again with those that are missing
 * in doubt. Thresholds come from cross-validation: each contract is judged by a model that has not seen it, rounded and
 * pruned like the one that ships.
 */
export function trainModel(contracts: readonly ReadContract[]): Trained {
  const { samples, positives } = samplesOf(contracts);
  const foldOfSample = ({ contract }: Sample) => foldOf(contracts[contract]!.contract.id, folds);
  const others = (all: readonly Sample[], fold: number) => all.filter((sample) => foldOfSample(sample) !== fold);
  const judgeBy = (models: readonly Learned[]) => {
    const decoded = models.map((model) => decodeModel(store(model, undecided, {})));
    return { decoded, odds: samples.map((sample) => logOdds(decoded[foldOfSample(sample)]!, sample.features)) };
  };
  const first = Array.from({ length: folds }, (_, fold) => learn(others(samples, fold)));
  const doubted = doubt(samples, judgeBy(first).odds);
  const { decoded, odds } = judgeBy(first.map((start, fold) => learn(others(doubted, fold), start)));
  const thresholds = thresholdsOf(
    samples.map(({ contract, labels }, index) => ({ contract, labels, odds: odds[index]! })),
    positives,
  );
  const finders = decoded.map((model) => new ModelFinder({ ...model, thresholds }));
  // The thresholds were chosen on the same sentences: a little flattering, which contracts kept apart are not.
  const figures = figuresOf(contracts.map((each) => judge(each, finders[foldOf(each.contract.id, folds)]!)));
  const seen = contracts.map(({ contract }) => fingerprint(contract.id)).sort();
  const trained = { sentences: samples.length, settings, folds, crossValidation: figures, contracts: seen };
  return { model: store(learn(doubted, learn(samples)), thresholds, trained), figures };
}

const undecided = Object.fromEntries(categories.map((category) => [category, null])) as StoredModel['thresholds'];

export function judge({ contract, clauses }: ReadContract, finder: ModelFinder): Judged {
  return { labels: contract.labels, predictions: predictionsOf(finder.find(clauses)) };
}

export function figuresOf(judged: readonly Judged[]): Figures {
  const { any, micro } = score(judged);
  const rounded = (value: number) => Number(value.toFixed(4));
  return { lenient: rounded(any.lenient.f1), strict: rounded(any.strict.f1), micro: rounded(micro.lenient.f1) };
}
