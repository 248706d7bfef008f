/** Whether a line is nothing but the number of a page: "12", "- 12 -", "Page 12 of 30", "B-12". */
export function isPageNumber(line: string): boolean {
  return /^\s*(?:[-–—]\s*)?(?:page\s+)?(?:[a-z]-)?\d{1,4}(?:\s+of\s+\d{1,4})?(?:\s*[-–—])?\s*$/i.test(line);
}

/** The same at the edge of a page, where less doubt is left: also "xii", "page12" and "12/30". */
export function isPageNumberAtEdge(line: string): boolean {
  return /^(?:[-–—]\s*)?(?:page\s*)?(?:[a-z]-)?(?:\d{1,4}|[ivxl]{1,6})(?:\s*(?:of|\/)\s*\d{1,4})?(?:\s*[-–—])?$/i.test(line);
}
