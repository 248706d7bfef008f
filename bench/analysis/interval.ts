import { addCounts, type Counts, noCounts } from './measure/match.js';
import { summarise } from './measure/score.js';
import { random } from './train/random.js';

const draws = 1_000;

/** Between which the lenient F1 of 95 in 100 samples of contracts like these would lie (bootstrap by contract). */
export function interval(perContract: readonly Counts[]): [number, number] {
  const next = random(1);
  const figures = Array.from({ length: draws }, () => {
    const sum = noCounts();
    for (let each = 0; each < perContract.length; each += 1) addCounts(sum, perContract[Math.floor(next() * perContract.length)]!);
    return summarise(sum).lenient.f1;
  }).sort((a, b) => a - b);
  return [figures[Math.floor(draws * 0.025)]!, figures[Math.floor(draws * 0.975)]!];
}
