import type { Clause, Excerpt } from '../analysis.js';
import { countWords, type Place, placeSentences } from './sentences.js';

/** A clause of at most so many words is quoted whole. */
const wholeWords = 150;
/** Of a longer one, so much around the sentences that matter. */
const aroundWords = 85;
/** Stands for sentences left out. */
const gap = '[…]';

/**
 * A clause as a reader wants it: whole while it is short. Of a longer one its number and heading, the sentences of its
 * excerpts, and as many of their neighbours as are soon read; `[…]` stands for sentences left out. A sentence is never cut.
 */
export function quote({ text, body }: Pick<Clause, 'text' | 'body'>, excerpts: readonly Pick<Excerpt, 'text'>[]): string {
  if (countWords(text) <= wholeWords) return text;
  const places = placeSentences(body);
  const wanted = places.flatMap(({ start, end }, index) =>
    excerpts.some((excerpt) => excerpt.text.includes(body.slice(start, end))) ? [index] : [],
  );
  if (wanted.length === 0) return text;
  const kept = widen(
    wanted,
    places.map(({ start, end }) => countWords(body.slice(start, end))),
  );
  return text.slice(0, text.length - body.length) + join(body, places, kept);
}

/** Adds neighbours, those before first: "such license" refers back. */
function widen(wanted: readonly number[], words: readonly number[]): number[] {
  const kept = new Set(wanted);
  let sum = wanted.reduce((total, index) => total + words[index]!, 0);
  for (const step of [-1, 1, -2, 2]) {
    for (const index of wanted) {
      const next = index + step;
      const joins = kept.has(next - Math.sign(step));
      if (!(next in words) || kept.has(next) || !joins || sum + words[next]! > aroundWords) continue;
      kept.add(next);
      sum += words[next]!;
    }
  }
  return [...kept].sort((a, b) => a - b);
}

function join(body: string, places: readonly Place[], kept: readonly number[]): string {
  const parts: string[] = kept[0] === 0 ? [] : [gap, ' '];
  for (const [at, index] of kept.entries()) {
    const previous = kept[at - 1];
    if (previous === index - 1) parts.push(body.slice(places[previous]!.end, places[index]!.start));
    else if (previous !== undefined) parts.push(` ${gap} `);
    parts.push(body.slice(places[index]!.start, places[index]!.end));
  }
  if (kept.at(-1) !== places.length - 1) parts.push(` ${gap}`);
  return parts.join('');
}
