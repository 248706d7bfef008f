import { type Category, categories } from '../../../src/agents/analyze-document/analysis.js';
import { tokens } from '../measure/span.js';

/** How much of each sentence lies in marked text. */
export interface Marked {
  /** By category, then for all of them together: share of the sentence's tokens inside a span, 0 to 1. */
  inside: Float32Array;
  /** The same the other way round: the largest share of one span that the sentence holds. */
  holds: Float32Array;
}

/**
 * Finds lawyers' spans by their place in the text, not by likeness: the same words stand in other clauses too, unmarked.
 * `sentences` are in the order of the text, but some words of it (headings, numbers, contents) are in none of them.
 */
export function markSentences(text: string, sentences: readonly string[], labels: Record<Category, readonly string[]>): Marked[] {
  const words = tokens(text);
  const places = placesOf(words, sentences.map(tokens));
  const spans = categories.map((category) => labels[category].flatMap((span) => locate(words, span)));
  const all = [...spans, spans.flat()];
  const marks = all.map((each) => cover(words.length, each));
  return places.map((place) => ({
    inside: Float32Array.from(marks, (mark) => (place ? shareOf(mark, place) : 0)),
    holds: Float32Array.from(all, (each) => (place ? Math.max(0, ...each.map((span) => overlap(span, place) / (span.to - span.from))) : 0)),
  }));
}

interface Place {
  from: number;
  to: number;
}

/** Where a span's words stand, in order and in one piece each; a piece that is nowhere is left out. */
function locate(words: readonly string[], span: string): Place[] {
  return span.split(/<\s*omitted\s*>/i).flatMap((piece) => {
    const own = tokens(piece);
    const from = own.length > 0 ? search(words, own, 0, words.length) : -1;
    return from < 0 ? [] : [{ from, to: from + own.length }];
  });
}

function placesOf(words: readonly string[], sentences: readonly (readonly string[])[]): (Place | null)[] {
  let from = 0;
  return sentences.map((sentence) => {
    const at = searchSentence(words, sentence, from);
    if (at < 0) return null;
    from = at + Math.floor(sentence.length * 0.8);
    return { from: at, to: Math.min(words.length, at + sentence.length) };
  });
}

/** Page furniture inside a sentence is not in its text: its opening words are then enough. */
function searchSentence(words: readonly string[], sentence: readonly string[], from: number): number {
  if (sentence.length === 0) return -1;
  const window = from + 1_500;
  for (const size of [sentence.length, 8, 5]) {
    if (size > sentence.length) continue;
    const at = search(words, sentence.slice(0, size), from, window);
    if (at >= 0) return at;
  }
  return -1;
}

function search(words: readonly string[], own: readonly string[], from: number, until: number): number {
  const last = Math.min(until, words.length - own.length);
  for (let at = from; at <= last; at += 1) {
    let size = 0;
    while (size < own.length && words[at + size] === own[size]) size += 1;
    if (size === own.length) return at;
  }
  return -1;
}

function cover(length: number, spans: readonly Place[]): Uint8Array {
  const mark = new Uint8Array(length);
  for (const { from, to } of spans) mark.fill(1, from, to);
  return mark;
}

function shareOf(mark: Uint8Array, { from, to }: Place): number {
  let inside = 0;
  for (let at = from; at < to; at += 1) inside += mark[at]!;
  return inside / (to - from);
}

function overlap(a: Place, b: Place): number {
  return Math.max(0, Math.min(a.to, b.to) - Math.max(a.from, b.from));
}
