import type { PdfLine, PdfPage } from './pdf-lines.js';

const edgeLines = 3;

/**
 * Removes heads, feet and page numbers. A line is one when the same words, page number aside, stand within the first or
 * last three lines of many pages; or when it is nothing but a page number out there.
 */
export function dropRunningLines(pages: readonly PdfPage[]): PdfPage[] {
  const edges = pages.map(edgesOf);
  const seen = new Map<string, number>();
  for (const edge of edges) for (const key of new Set([...edge].map(keyOf))) seen.set(key, (seen.get(key) ?? 0) + 1);
  const enough = Math.max(3, pages.length * 0.3);
  return pages.map((page, index) => ({
    ...page,
    lines: page.lines.filter((line) => !edges[index]?.has(line) || !(isPageNumber(line) || (seen.get(keyOf(line)) ?? 0) >= enough)),
  }));
}

/** By place on the page: files often write a foot before the text. */
function edgesOf(page: PdfPage): Set<PdfLine> {
  const byHeight = [...page.lines].sort((a, b) => a.y - b.y);
  return new Set([...byHeight.slice(0, edgeLines), ...byHeight.slice(-edgeLines)]);
}

function keyOf(line: PdfLine): string {
  return line.text
    .toLowerCase()
    .replace(/\d+/g, '#')
    .replace(/[^\p{L}#]+/gu, ' ');
}

function isPageNumber(line: PdfLine): boolean {
  return /^(?:[-–—]\s*)?(?:page\s*)?(?:[a-z]-)?(?:\d{1,4}|[ivxl]{1,6})(?:\s*(?:of|\/)\s*\d{1,4})?(?:\s*[-–—])?$/i.test(line.text);
}
