import { parseMarker } from '../segment/numbering.js';
import { countWords } from '../segment/sentences.js';
import { isPageNumberAtEdge } from './page-number.js';
import type { PdfLine, PdfPage } from './pdf-lines.js';
import { pitchOf } from './pdf-paragraphs.js';
import { findFurniture } from './text-furniture.js';

const edgeLines = 3;
const longestLine = 300;

/** Removes heads, feet and page numbers: of the pages; and, from files that were printed anew, those of the pages they had. */
export function dropRunningLines(pages: readonly PdfPage[]): PdfPage[] {
  return dropWithin(dropAtEdges(pages));
}

/**
 * A line is a head or foot when the same words, page number aside, stand within the first or last three lines of many
 * pages, or at one place of both of two; or when it is nothing but a page number out there. Schedules of a page each say
 * the same as well: what is text of a contract stays.
 */
function dropAtEdges(pages: readonly PdfPage[]): PdfPage[] {
  const edges = pages.map((page) => edgesOf(page, pages.length === 2));
  const seen = new Map<string, number>();
  for (const edge of edges) for (const key of new Set([...edge.values()].flat())) seen.set(key, (seen.get(key) ?? 0) + 1);
  const enough = pages.length === 2 ? 2 : Math.max(3, pages.length * 0.3);
  const texts = new Map<string, number>();
  for (const { lines } of pages) for (const text of new Set(lines.map((line) => line.text))) texts.set(text, (texts.get(text) ?? 0) + 1);
  const opened = new Set<string>();
  return pages.map((page, index) => {
    const edge = edges[index]!;
    const keyOf = (line: PdfLine) => edge.get(line)?.find((key) => seen.get(key)! >= enough);
    const contract = contractLines(page, (line) => keyOf(line) !== undefined || texts.get(line.text)! >= enough);
    const stays = (line: PdfLine) => {
      if (edge.has(line) && isPageNumberAtEdge(line.text)) return false;
      const key = keyOf(line);
      if (!key || contract.get(line) === 'clause') return true;
      // The head of a schedule's pages is, the first time, its heading; and what warns on all pages is said once.
      const once = contract.has(line) || parseMarker(line.text)?.kind === 'container';
      return once && opened.size < opened.add(key).size;
    };
    const lines = page.lines.filter(stays);
    return { ...page, lines: lines.length > 0 ? lines : page.lines.filter((line) => contract.has(line)) };
  });
}

/** Of the lines that other pages have too, those that begin a clause or hold a sentence, and those that go on with them. */
function contractLines(page: PdfPage, repeats: (line: PdfLine) => boolean): Map<PdfLine, 'clause' | 'sentence'> {
  const found = new Map<PdfLine, 'clause' | 'sentence'>();
  const pitch = pitchOf(page.lines);
  let above: PdfLine | undefined;
  for (const line of page.lines) {
    const close = above && (!isApart(above, line) || isNext(above, line, pitch)) ? above : undefined;
    const begun = close && (found.get(close) ?? (!repeats(close) && goesOn(close, line) ? 'clause' : undefined));
    const kind = opensClause(line) ? 'clause' : (begun ?? sentenceIn(line));
    if (kind && repeats(line)) found.set(line, kind);
    above = line;
  }
  return found;
}

/** "12 MASTER AGREEMENT" may as well be the number of a page. */
function opensClause({ text }: PdfLine): boolean {
  const marker = parseMarker(text);
  const isClause = marker?.kind === 'decimal' || marker?.kind === 'section' || marker?.kind === 'article';
  return isClause && marker.rest !== '' && !/^\d{1,3}\s+\p{Lu}/u.test(text);
}

/** In text with much space between all lines. */
function isNext(above: PdfLine, below: PdfLine, pitch: number): boolean {
  const step = below.y - above.y;
  return step > 0 && step < pitch * 1.2;
}

/** A clause that only this page has, or whose number only it has, may end in words, alone on their line, that others end in. */
function goesOn(above: PdfLine, { text }: PdfLine): boolean {
  const cut = /[\p{L},]$/u.test(above.text) && countWords(above.text) > 6;
  return cut && (opensClause(above) || /^\p{Ll}+(?:[\s.,;]|$)/u.test(text));
}

function sentenceIn({ text }: PdfLine): 'sentence' | undefined {
  return /\b(?:shall|hereby|grants?|assigns?|may|will|agrees?)\b/.test(text) && countWords(text) > 6 ? 'sentence' : undefined;
}

/** Anywhere else on a page it has to cut a sentence in two, with space on both sides: cells of a table have less. */
function dropWithin(pages: readonly PdfPage[]): PdfPage[] {
  const lines = pages.flatMap((page) => page.lines);
  const { furniture, gaps } = findFurniture(
    lines.map(({ text }) => text),
    {
      mayRepeat: (index) => /^[*\p{Lu}]/u.test(lines[index]!.text) && !parseMarker(lines[index]!.text),
      mayCut: (from, to) => isApart(lines[from - 1]!, lines[from]!) && isApart(lines[to - 1]!, lines[to]!),
    },
  );
  // A number alone may as well be one of a table.
  const dropped = new Set(lines.filter((line, index) => furniture[index] && !isPageNumberAtEdge(line.text)));
  // The first of them all is the title, whose words the others repeat.
  const title = pages[0]?.lines.find((line) => dropped.has(line));
  if (title) dropped.delete(title);
  for (const { from, to } of gaps) for (const line of lines.slice(from, to)) dropped.add(line);
  const goOn = new Set(gaps.map(({ to }) => lines[to]));
  return pages.map((page) => ({
    ...page,
    lines: page.lines.filter((line) => !dropped.has(line)).map((line) => (goOn.has(line) ? { ...line, goesOn: true } : line)),
  }));
}

/** Also from the last line of a page to the first of the next. */
function isApart(above: PdfLine, below: PdfLine): boolean {
  const step = below.y - above.y;
  return step < 0 || step > Math.max(above.size, below.size) * 1.7;
}

/** The lines at the edges by place on the page, as files often write a foot before the text; each with its keys. */
function edgesOf({ number, lines }: PdfPage, withPlace: boolean): Map<PdfLine, string[]> {
  const byHeight = [...lines].sort((a, b) => a.y - b.y);
  const placed = (line: PdfLine) => keysOf(line, number).map((key) => (withPlace ? `${key} ${Math.round(line.y)} ${line.size}` : key));
  return new Map([...byHeight.slice(0, edgeLines), ...byHeight.slice(-edgeLines)].map((line) => [line, placed(line)]));
}

/**
 * What a line has in common with its likes on other pages: its words, or its words with how far a number in them is ahead
 * of the page's. Numbers that go their own way count something else, and so do those of schedules and clauses.
 */
function keysOf({ text }: PdfLine, page: number): string[] {
  const marker = parseMarker(text);
  if (marker?.kind === 'container') return [text.replace(/\s+/g, '')];
  if ((marker && !marker.rest) || text.length > longestLine) return [];
  const keyed = text.replace(/\bpage\s*\d+/gi, 'page');
  const numbers = [...keyed.matchAll(/\d+/g)];
  const inStep = numbers.map(
    ({ 0: digits, index }) => `${keyed.slice(0, index)}#${Number(digits) - page}#${keyed.slice(index + digits.length)}`,
  );
  return [keyed, ...inStep].map((key) => key.replace(/\s+/g, ''));
}
