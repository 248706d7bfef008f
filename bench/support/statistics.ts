export interface Spread {
  low: number;
  median: number;
  high: number;
}

/** @param share 0.5 for the median, 0.99 for p99: the smallest value that so many of all values do not exceed */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error('There is nothing to take a quantile of.');
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

/** Of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return Number.isInteger(middle) ? (sorted[middle - 1]! + sorted[middle]!) / 2 : sorted[Math.floor(middle)]!;
}

export function spreadOf(values: readonly number[]): Spread {
  return { low: Math.min(...values), median: median(values), high: Math.max(...values) };
}

/** Ours and the baseline, measured one right after the other. */
export interface Pair<T = number> {
  ours: T;
  baseline: T;
}

/**
 * Takes turns, so that whatever else the machine does hits both alike, and lets each go first in every other round.
 * The first round warms up and does not count.
 */
export async function alternate<T = number>(
  rounds: number,
  ours: (round: number) => Promise<T>,
  baseline: (round: number) => Promise<T>,
  tell: (round: number, pair: Pair<T>) => void,
): Promise<Pair<T>[]> {
  const pairs: Pair<T>[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const first = round % 2 === 0 ? await ours(round) : await baseline(round);
    const second = round % 2 === 0 ? await baseline(round) : await ours(round);
    const pair = round % 2 === 0 ? { ours: first, baseline: second } : { ours: second, baseline: first };
    tell(round, pair);
    if (round > 0) pairs.push(pair);
  }
  return pairs;
}
