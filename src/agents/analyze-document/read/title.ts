import { isHeading } from '../segment/headings.js';
import { parseMarker } from '../segment/numbering.js';
import { cleanText, squeeze } from './clean-text.js';
import type { DocumentText, Paragraph } from './document.js';

/** The metadata's title, unless a program made it up; else the first line that reads like one. */
export function titleOf(document: DocumentText): string | null {
  const given = squeeze(cleanText(document.title ?? ''));
  if (given && !madeUp.test(given)) return given.slice(0, 200);
  const opening = openingOf(document.paragraphs);
  const line =
    opening.find(({ text }) => kind.test(text) && isHeading(text)) ?? opening.find(({ prominent, text }) => prominent && isHeading(text));
  return line?.text ?? inCapitals(opening.slice(0, 3).map(({ text }) => text)) ?? null;
}

/** What comes before the first clause: headings of clauses read like titles. */
function openingOf(paragraphs: readonly Paragraph[]): Paragraph[] {
  const first = paragraphs.slice(0, 30);
  const clause = first.findIndex(({ text }) => opensClause(text));
  return clause < 0 ? first : first.slice(0, clause);
}

/** Titles may stand in an exhibit, and below a recital "(a)". */
function opensClause(text: string): boolean {
  const marker = parseMarker(text);
  return marker !== null && marker.kind !== 'container' && !text.startsWith('(');
}

const kind = /\b(?:agreement|contract|terms|licen[cs]e|amendment|addendum|letter|deed|policy)\b/i;

/** Without layout the title runs into the first paragraph; capitals still set it apart. */
function inCapitals(texts: readonly string[]): string | undefined {
  for (const text of texts) {
    const match = /(?:\p{Lu}[\p{Lu}&,'’-]*\s+){0,9}(?:AGREEMENT|CONTRACT|LICEN[CS]E|AMENDMENT)\b/u.exec(text.slice(0, 300));
    if (match) return match[0];
  }
  return undefined;
}

const madeUp =
  /^(?:untitled|document\d*|microsoft word\b|powerpoint\b|about:blank|https?:|title$)|\.(?:docx?|pdf|html?|txt|rtf|indd|qxd)$|^[\d_.\-\s]+$/i;
