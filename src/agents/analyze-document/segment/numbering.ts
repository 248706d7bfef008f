/** What stands before a clause. */
export interface Marker {
  kind: 'container' | 'article' | 'section' | 'decimal' | 'letter';
  /** As references to it are written: "Exhibit B", "Article IV", "Section 7.2", "7.2", "(a)". */
  label: string;
  /** What follows the marker. */
  rest: string;
}

// Also "iTrade", which is a name.
const upperStart = '(?=["“‘(\\[]{0,2}(?:\\p{Ll}?\\p{Lu}|\\[|_))';
const inWords = 'One|Two|Three|Four|Five|Six|Seven|Eight|Nine|Ten|Eleven|Twelve';
const article = new RegExp(
  `^(?:ARTICLE|Article|Art\\.)\\s+([IVXLC]{1,7}|\\d{1,3}[A-Z]?|[A-Z]|[A-Z]{3,9}|${inWords})\\b[\\s.:–—-]*(?:$|${upperStart})`,
  'u',
);
const section = new RegExp(
  `^(SECTION|Section|Sec\\.|CLAUSE|Clause|§)\\s*(\\d{1,3}[A-Z]?(?:\\.\\d{1,3}){0,4}|[IVXLC]{1,7}(?:\\.\\d{1,3}){0,3}|[A-Z]|${inWords}|${inWords.toUpperCase()})\\b(?!\\.\\d)((?:\\([A-Za-z0-9]{1,4}\\))*)[\\s.:)–—-]*(?:$|${upperStart})`,
  'u',
);
const container =
  /^(SCHEDULE|EXHIBIT|ANNEX|APPENDIX|ATTACHMENT|ADDENDUM|Schedule|Exhibit|Annex|Appendix|Attachment|Addendum)\s+([A-Z]{1,2}|\d{1,3}|[IVX]{1,5})((?:[-.]\d{1,2})*)\b[\s.:–—-]*/;
// A number may stand on a line of its own.
const dotted = new RegExp(`^(\\d{1,3}[A-Z]?(?:\\.\\d{1,3}){1,4})(?:[.)]?\\s*[–—-]?\\s*${upperStart}|[.)]?$)`, 'u');
// "2.3(b) Supplier …", "10.1.a) Supplier …"
const dottedItem = new RegExp(
  `^(\\d{1,3}[A-Z]?(?:\\.\\d{1,3}){1,4})[.\\s]?((?:\\([A-Za-z0-9]{1,4}\\)\\s?)+|[a-z]\\))[\\s.:–—-]*${upperStart}`,
  'u',
);
const single = new RegExp(`^(\\d{1,3}[A-Z]?)\\s?[.)](?:\\s*[–—-]?\\s*${upperStart}|$)`, 'u');
const bare = /^(\d{1,2})\s+(?=\p{Lu}[\p{Lu} ,&-]{4,50}$)/u;
// Alone on its line "I." is rather what comes after "H.".
const romans = new RegExp(`^([IVX]{1,5})\\.(?:\\s+${upperStart}|(?<!^I\\.)$)`, 'u');
const bracketed = /^\(([a-zA-Z]{1,2}|[ivxIVX]{1,5}|\d{1,2})\)\s*/;
const lettered = new RegExp(`^([A-Za-z]|[ivx]{2,5})[.)](?:\\s+${upperStart}|$)`, 'u');
/** A line drawn above a clause. */
const rule = /^-{4,}\s/;

export function parseMarker(text: string): Marker | null {
  return parseContainer(text) ?? parseNamed(text) ?? parseNumber(text) ?? parseLetter(text) ?? parseRuled(text);
}

/** Whether what follows a number is parted further: "2.1" below "2", a first "(a)" that is no part of a sentence. */
export function leadsTo(marker: Marker, text: string): boolean {
  const next = parseMarker(text);
  if (next?.kind === 'letter') return marker.kind !== 'letter' && /^\((?:a|i|1)\)$/i.test(next.label) && !/^\p{Ll}/u.test(next.rest);
  const number = /[\dIVXLC][\w.]*$/.exec(marker.label)?.[0].replace(/\.0$/, '');
  return next?.kind === 'decimal' && number !== undefined && next.label.startsWith(`${number}.`);
}

/** Cheap enough to ask of every line. */
export function startsNumbered(text: string): boolean {
  return /^(?:[\d(§]|[A-Z]|(?:[a-z]|[ivx]{2,5})[.)](?:\s|$))/.test(text) && parseMarker(text) !== null;
}

function parseContainer(text: string): Marker | null {
  const match = container.exec(text);
  if (!match) return null;
  const rest = text.slice(match[0].length);
  // "Exhibit 10.14" is a filing number and "Exhibit A sets out …" a sentence.
  if (/^\d/.test(match[2]!) && match[3]) return null;
  if (/^\p{Ll}/u.test(rest) || text.length > 120 || /[.;,]$/.test(text)) return null;
  return { kind: 'container', label: `${capitalised(match[1]!)} ${match[2]}${match[3]}`, rest };
}

function parseNamed(text: string): Marker | null {
  const inArticle = article.exec(text);
  if (inArticle) return { kind: 'article', label: `Article ${inArticle[1]}`, rest: text.slice(inArticle[0].length) };
  const inSection = section.exec(text);
  if (!inSection) return null;
  const word = /^clause$/i.test(inSection[1]!) ? 'Clause' : 'Section';
  return { kind: 'section', label: `${word} ${inSection[2]}${inSection[3]}`, rest: text.slice(inSection[0].length) };
}

function parseNumber(text: string): Marker | null {
  const inItem = dottedItem.exec(text);
  if (inItem) {
    const letters = inItem[2]!.replace(/\s/g, '').replace(/^(?=[a-z])/, '(');
    return { kind: 'decimal', label: `${inItem[1]}${letters}`, rest: text.slice(inItem[0].length) };
  }
  const match = dotted.exec(text) ?? single.exec(text) ?? bare.exec(text) ?? romans.exec(text);
  return match && { kind: 'decimal', label: match[1]!, rest: text.slice(match[0].length) };
}

function parseLetter(text: string): Marker | null {
  const match = bracketed.exec(text) ?? lettered.exec(text);
  return match && { kind: 'letter', label: `(${match[1]})`, rest: text.slice(match[0].length) };
}

/** What looks like a letter below a line may be the initial of who signs on it. */
function parseRuled(text: string): Marker | null {
  const ruled = rule.exec(text);
  const below = ruled && text.slice(ruled[0].length);
  return below ? (parseNamed(below) ?? parseNumber(below)) : null;
}

function capitalised(word: string): string {
  return word.charAt(0) + word.slice(1).toLowerCase();
}
