import { covered, type Span } from './span.js';

/** Fewer shared tokens than this are no overlap, unless the whole span is shorter. */
const leastShared = 8;
/** A clause of more words finds nothing: who returns the whole document has found nothing either. */
export const maxWords = 400;

/** Counts of one contract; they add up over contracts. */
export interface Counts {
  predicted: number;
  gold: number;
  lenientPredicted: number;
  lenientGold: number;
  strictPredicted: number;
  strictGold: number;
  /** Gold items covered when all clauses of the contract may help. */
  unionGold: number;
  tooLong: number;
  words: number;
  tokens: number;
  tokensInside: number;
  goldTokens: number;
  goldTokensInside: number;
}

export const noCounts = (): Counts => ({
  predicted: 0,
  gold: 0,
  lenientPredicted: 0,
  lenientGold: 0,
  strictPredicted: 0,
  strictGold: 0,
  unionGold: 0,
  tooLong: 0,
  words: 0,
  tokens: 0,
  tokensInside: 0,
  goldTokens: 0,
  goldTokensInside: 0,
});

export function addCounts(sum: Counts, more: Counts): Counts {
  for (const name of Object.keys(sum) as (keyof Counts)[]) sum[name] += more[name];
  return sum;
}

/** How one predicted clause meets one gold span. */
export interface Meeting {
  lenientPredicted: boolean;
  lenientGold: boolean;
  strict: boolean;
}

export function meet(predicted: Span, gold: Span): Meeting | null {
  const ofGold = covered(gold, predicted.runs);
  if (ofGold < Math.min(leastShared, gold.length)) return null;
  const strict = ofGold / (gold.length + predicted.length - ofGold) >= 0.5;
  const half = ofGold >= 0.5 * gold.length;
  const inside = covered(predicted, gold.runs) >= 0.5 * predicted.length;
  return { strict, lenientGold: strict || half, lenientPredicted: strict || half || inside };
}

/** @param groups what is to be found: in each the longest span first, which is found when half of it is covered */
export function match(predicted: readonly Span[], groups: readonly (readonly Span[])[], goldSpans: readonly Span[]): Counts {
  const counts = { ...noCounts(), predicted: predicted.length, gold: groups.length };
  const found = groups.map(() => false);
  const foundStrictly = groups.map(() => false);
  const goldRuns = new Set(goldSpans.flatMap(({ runs }) => [...runs.keys()]));
  const short = predicted.filter(({ words }) => words <= maxWords);
  for (const span of predicted) {
    counts.words += span.words;
    counts.tokens += span.length;
    counts.tokensInside += covered(span, goldRuns);
  }
  for (const span of short) {
    const sides = { lenient: false, strict: false };
    for (const [index, group] of groups.entries()) {
      for (const [place, gold] of group.entries()) {
        const meeting = meet(span, gold);
        if (!meeting) continue;
        sides.lenient ||= meeting.lenientPredicted;
        sides.strict ||= meeting.strict;
        if (meeting.strict) found[index] = foundStrictly[index] = true;
        if (meeting.lenientGold && place === 0) found[index] = true;
      }
    }
    counts.lenientPredicted += Number(sides.lenient);
    counts.strictPredicted += Number(sides.strict);
  }
  counts.tooLong = predicted.length - short.length;
  counts.lenientGold = found.filter(Boolean).length;
  counts.strictGold = foundStrictly.filter(Boolean).length;
  countUnion(counts, short, groups);
  return counts;
}

function countUnion(counts: Counts, predicted: readonly Span[], groups: readonly (readonly Span[])[]): void {
  const runs = new Set(predicted.flatMap((span) => [...span.runs.keys()]));
  for (const [longest] of groups) {
    const inside = covered(longest!, runs);
    counts.goldTokens += longest!.length;
    counts.goldTokensInside += inside;
    counts.unionGold += Number(inside >= 0.5 * longest!.length);
  }
}
