/**
 * Removes what was printed on every page of a text that once had pages: page numbers, and lines such as a file name that
 * come up again and again. A sentence that they cut in two then goes on without a blank line.
 *
 * A line that is repeated is not always furniture ("By: ____"), so it has to interrupt a sentence somewhere.
 */
export function dropTextFurniture(lines: readonly string[]): string[] {
  const keys = lines.map(keyOf);
  const counts = new Map<string, number>();
  for (const key of keys) if (key) counts.set(key, (counts.get(key) ?? 0) + 1);
  const repeated = lines.map((line, index) => isPageNumber(line) || (isShort(line) && (counts.get(keys[index]!) ?? 0) >= 3));
  const gaps = gapsOf(lines, repeated);
  const furniture = new Set<string>();
  for (const gap of gaps) if (gap.cutsSentence) for (let at = gap.from; at < gap.to; at += 1) furniture.add(keys[at]!);
  return mend(lines, keys, furniture, gaps);
}

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

function mend(lines: readonly string[], keys: readonly string[], furniture: ReadonlySet<string>, gaps: readonly Gap[]): string[] {
  const kept = lines.map((line, index) => (furniture.has(keys[index]!) || isPageNumber(line) ? '' : line) as string | null);
  for (const { from, to, cutsSentence } of gaps) if (cutsSentence) kept.fill(null, from, to);
  return kept.filter((line) => line !== null);
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
  return line.trim().toLowerCase().replace(/\d+/g, '#').replace(/\s+/g, ' ');
}

function isPageNumber(line: string): boolean {
  return /^\s*(?:[-–—]\s*)?(?:page\s+)?(?:[a-z]-)?\d{1,4}(?:\s+of\s+\d{1,4})?(?:\s*[-–—])?\s*$/i.test(line);
}
