import { countWords, type Place } from '../segment/sentences.js';

/** A sentence of a clause, by its place. */
export interface Weighed {
  place: Place;
  /** It carries a finding. */
  found: boolean;
  /** It nearly does, whatever the category. */
  near: boolean;
}

/**
 * How far to quote around each sentence that carries a finding: it takes in the next sentence, and the one before, when that
 * nearly carries one itself. Two sentences on one matter are seldom equally plain, and lawyers mark both. What is taken in
 * is no longer than the sentence, so that it stays what the excerpt is about; and no sentence is taken in twice.
 *
 * @param sentences of one clause, in order
 * @returns for each sentence what to quote for it; its own place where nothing is taken in
 */
export function widen(body: string, sentences: readonly Weighed[]): Place[] {
  const words = sentences.map(({ place }) => countWords(body.slice(place.start, place.end)));
  const taken = new Set<number>();
  return sentences.map(({ place, found }, index) => {
    if (!found) return place;
    let room = words[index]!;
    let { start, end } = place;
    for (const at of [index + 1, index - 1]) {
      const neighbour = sentences[at];
      if (!neighbour?.near || neighbour.found || taken.has(at) || words[at]! > room) continue;
      taken.add(at);
      room -= words[at]!;
      start = Math.min(start, neighbour.place.start);
      end = Math.max(end, neighbour.place.end);
    }
    return { start, end };
  });
}
