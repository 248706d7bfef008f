import { isHeading } from './headings.js';
import { parseMarker } from './numbering.js';
import type { Placed } from './place-paragraphs.js';

// "TABLE OF CONTENTS", also at the end of a title page or run together with the first entries.
const heading =
  /(?:^contents|\btable of contents)\b:?\s*(?:\(?continued\)?\s*)?(?:(?:clause|section|paragraph)\b\s*)?(?:page\b\s*)?(?=$|\d|article\b|section\b)/i;
const leaders = /(?:\.\s?){4,}/g;
const pageAtEnd = /\s(?:\d{1,3}|[ivxl]{1,6})$/i;
const number = /^\d{1,2}(?:\.\d{1,2})*(?=\s+\p{Lu})/u;
// "… Ownership 7 4.2 Licenses …": the page of one entry, then the number of the next.
const entriesWithin = /\s\d{1,3}\s+(?:(?:article|section)\s+)?(?:\d{1,2}(?:\.\d{1,2})*|[ivxl]+)\b\.?\s+\p{Lu}/giu;
/** With fewer, what looks like contents may be the agreement itself. */
const leastEntries = 3;
/** Without a heading over them. */
const leastBareEntries = 6;
/** An entry is seldom longer; where there is more text to each, it is no longer contents. */
const mostEntry = 200;
/** The most lines in a row that are no entries: a title page between two pages of contents. */
const mostOthers = 20;
/** A line that is shorter does not end the contents: number of a page, name of a file, a part of a title. */
const leastText = 60;

/**
 * Leaves tables of contents out: their numbers are no clauses, and under the last exhibit that they list would otherwise
 * stand the whole agreement. What holds a sentence ends them, and so does a number that comes up for the second time.
 */
export function* skipContents(paragraphs: Iterable<Placed>): Iterable<Placed> {
  const all = [...paragraphs];
  let from = 0;
  for (const [at, paragraph] of all.entries()) {
    if (at >= from) from = heading.test(paragraph.text) ? endOfContents(all, at) : endOfBareContents(all, at);
    if (at >= from && !isDotted(paragraph.text)) yield paragraph;
  }
}

/** The index of what follows the contents; that of their heading when they are none. */
function endOfContents(paragraphs: readonly Placed[], from: number): number {
  const labels = new Set<string>();
  let end = from;
  let entries = 0;
  for (let at = from; at < Math.min(paragraphs.length, end + mostOthers); at += 1) {
    const text = at === from ? paragraphs[at]!.text.replace(heading, '\n').split('\n')[1]! : paragraphs[at]!.text;
    const label = labelOf(text);
    if (label && labels.has(label) && countWithin(text) === 0) break;
    if (label) labels.add(label);
    // Titles stand between entries, but also above the text that follows: only another entry shows which.
    if (isEntry(text, label)) {
      entries += 1 + countWithin(text);
      end = at + 1;
    } else if (text.length >= leastText && !isHeading(text) && !heading.test(text)) break;
  }
  return entries < leastEntries ? from : end;
}

/** Contents that no heading calls so: titles with numbers, each on the same page as the one before or a later one. */
function endOfBareContents(paragraphs: readonly Placed[], from: number): number {
  const labels = new Set<string>();
  let page = 0;
  let end = from;
  for (; end < paragraphs.length; end += 1) {
    const { text } = paragraphs[end]!;
    const label = labelOf(text);
    const own = text.length <= mostEntry ? Number(/\s(\d{1,3})$/.exec(text)?.[1] ?? 0) : 0;
    if (label === null || labels.has(label) || own === 0 || own < page) break;
    labels.add(label);
    page = own;
  }
  return labels.size < leastBareEntries ? from : end;
}

function isEntry(text: string, label: string | null): boolean {
  const within = countWithin(text);
  if (text.length > mostEntry * (within + 1)) return false;
  if (within > 1 || count(text, leaders) > 0) return true;
  if (label === null) return isHeading(text) && pageAtEnd.test(text);
  return within > 0 || pageAtEnd.test(text) || (text.length < 120 && !/[.:;,]$/.test(text));
}

function labelOf(text: string): string | null {
  const label = parseMarker(text)?.label ?? number.exec(text)?.[0];
  return label ? label.toUpperCase() : null;
}

function countWithin(text: string): number {
  return Math.max(count(text, entriesWithin), count(text, leaders));
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

/** An entry that its dots tell wherever it stands. */
function isDotted(text: string): boolean {
  return text.length < 300 && /(?:\.\s?){4,}\s*(?:\d{1,4}|[ivxl]{1,6})?$/i.test(text);
}
