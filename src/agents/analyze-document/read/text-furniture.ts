import { isPageNumber } from './page-number.js';

/**
 * Removes what was printed on every page of a text that once had pages: page numbers, and lines such as a file name that
 * come up again and again. A sentence that they cut in two then goes on without a blank line.
 */
export function dropTextFurniture(lines: readonly string[]): string[] {
  const { furniture, gaps } = findFurniture(lines);
  const kept: (string | null)[] = lines.map((line, index) => (furniture[index] || isPageNumber(line) ? '' : line));
  for (const { from, to } of gaps) kept.fill(null, from, to);
  return kept.filter((line) => line !== null);
}

export interface Furniture {
  /** Of each line. */
  furniture: boolean[];
  /** Where it cuts a sentence in two. */
  gaps: { from: number; to: number }[];
}

/** What else is known of lines: whether one can be furniture, and whether those of a gap can have come between others. */
export interface Layout {
  mayRepeat: (index: number) => boolean;
  mayCut: (from: number, to: number) => boolean;
}

/** A line that is repeated is not always furniture ("By: ____"), so it has to interrupt a sentence somewhere. */
export function findFurniture(lines: readonly string[], { mayRepeat, mayCut }: Layout = anyLayout): Furniture {
  const keys = lines.map(keyOf);
  const counts = new Map<string, number>();
  for (const key of keys) if (key) counts.set(key, (counts.get(key) ?? 0) + 1);
  const repeated = lines.map(
    (line, index) => isPageNumber(line) || (isShort(line) && (counts.get(keys[index]!) ?? 0) >= 3 && mayRepeat(index)),
  );
  const gaps = gapsOf(lines, repeated).filter(({ from, to, cutsSentence }) => cutsSentence && mayCut(from, to));
  const found = new Set(gaps.flatMap(({ from, to }) => keys.slice(from, to)));
  return { furniture: keys.map((key) => found.has(key)), gaps };
}

const anyLayout: Layout = { mayRepeat: () => true, mayCut: () => true };

interface Gap {
  from: number;
  to: number;
  cutsSentence: boolean;
}

/** Stretches without text of the contract: blank lines and what is repeated. */
function gapsOf(lines: readonly string[], repeated: readonly boolean[]): Gap[] {
  const gaps: Gap[] = [];
  for (let from = 0; from < lines.length; from += 1) {
    let to = from;
    while (to < lines.length && (repeated[to] || !lines[to]!.trim())) to += 1;
    if (to === from) continue;
    gaps.push({ from, to, cutsSentence: runsOn(lines[from - 1], lines[to]) });
    from = to;
  }
  return gaps;
}

function runsOn(before: string | undefined, after: string | undefined): boolean {
  return (
    before !== undefined &&
    after !== undefined &&
    /[\p{L}\d,)]\s*$/u.test(before) &&
    before.trim().length > 40 &&
    /^\s*\p{Ll}/u.test(after) &&
    !/^\s*[a-z]{1,4}[.)]\s/.test(after)
  );
}

function isShort(line: string): boolean {
  const { length } = line.trim();
  return length >= 3 && length <= 160;
}

function keyOf(line: string): string {
  return line.trim().toLowerCase().replace(/\d+/g, '#').replace(/\s+/g, '');
}
