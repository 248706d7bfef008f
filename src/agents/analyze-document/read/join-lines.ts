import { startsNumbered } from '../segment/numbering.js';
import { squeeze } from './clean-text.js';
import type { Line, Paragraph } from './document.js';
import { headsText } from './heading-line.js';
import { isPageNumber } from './page-number.js';

/** Joins printed lines to paragraphs and undoes the hyphens of line ends. */
export function joinLines(lines: Iterable<Line>): Paragraph[] {
  const paragraphs: Paragraph[] = [];
  let parts: string[] = [];
  let first: Line | null = null;
  const close = () => {
    const text = squeeze(parts.join(''));
    if (first && text && !isPageNumber(text)) paragraphs.push({ text, page: first.page, prominent: first.prominent ?? false });
    parts = [];
    first = null;
  };
  let previous = '';
  const all = [...lines];
  for (const [at, line] of all.entries()) {
    const text = line.text.trim();
    if (
      first &&
      (line.breakBefore || startsParagraph(text, previous) || startsItem(text, previous, first.text) || endsAbove(text, all[at + 1]))
    )
      close();
    if (!text) continue;
    if (!first) first = line;
    else parts[parts.length - 1] = joint(previous, text);
    parts.push(text, '');
    previous = text;
  }
  close();
  return paragraphs;

  /** Whether what has come so far is a heading over `text`, or `text` one after a full stop and over `next`. */
  function endsAbove(text: string, next: Line | undefined): boolean {
    if (parts.length <= 4 && headsText(parts.join(''), previous, text)) return true;
    return next !== undefined && !next.breakBefore && /[.!?]["”’')\]]*$/.test(previous) && headsText(text, text, next.text.trim());
  }

  /** Ends the previous line for `next` to follow. Its hyphen goes only when a lower-case letter stands on either side. */
  function joint(last: string, next: string): string {
    if (!/\p{L}-$/u.test(last) || !/^\p{L}/u.test(next)) return ' ';
    if (/\p{Ll}-$/u.test(last) && /^\p{Ll}+(?![\p{Ll}-])/u.test(next) && !keepsHyphen.test(last))
      parts[parts.length - 2] = last.slice(0, -1);
    return '';
  }
}

// "non-\nexclusive" is a word with a hyphen, "exclu-\nsive" is not; nor is a hyphen the only one in "day-\nto-day". The
// little words in the middle of "out-of-\npocket" are no syllables, as the end of "non-exclu-\nsive" is.
const keepsHyphen =
  /(?:(?:^|[\s("“-])(?:non|sub|co|re|pre|post|self|third|well|full|fully|royalty|world|all|cross|joint|work|know|trade|open|multi)|\p{L}-(?:of|to|the|and|by|up))-$/iu;

// After these a number is a reference ("under Section\n7.2"), not the start of a clause.
const expectsMore =
  /(?:\b(?:sections?|articles?|clauses?|paragraphs?|schedules?|exhibits?|and|or|to|of|in|under|with|by|the|than|from)|[,(\-–—])$/i;

function startsParagraph(text: string, previous: string): boolean {
  return startsNumbered(text) && !expectsMore.test(previous);
}

/** "• to use it": one sign is a bullet wherever it stands; a dash may belong to a sentence, unless the line above ended or began with one. */
function startsItem(text: string, previous: string, opening: string): boolean {
  if (/^[•▪◦●‣]/.test(text)) return true;
  if (!/^[-–*]\s+["“‘(]?\p{L}/u.test(text)) return false;
  return /[.;:!?]["”’')\]]*$/.test(previous) || opening.trim().startsWith(`${text[0]} `);
}
