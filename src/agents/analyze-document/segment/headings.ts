import { endsInAbbreviation } from './sentences.js';

const small = new Set(
  'a after an and as at before between by during for from in into its no not of on or per than that the to under upon via vs with within without'.split(
    ' ',
  ),
);
// Also "Supplier provides hosting. …": what is set like a sentence is one when it holds any of these.
const sentenceVerbs =
  /^(?:the|an?|any|all|every|you|we|it|they|he|she|i|each|either|neither|nothing|nobody|there|this|these|those|such|if|when|where|unless|upon)\b|\b(?:was|were|be|been|do|does|did|can|cannot|could|should|would|own|keeps?|pays?|lasts?|ends?|begins|starts|provides?|retains?|assigns?|sells|sends?|delivers?|makes?|receives|runs|represents|undertakes|indemnif(?:y|ies)|remains?|includes?|applies|survives?|constitutes?|requires|becomes|belongs?|owns|gives?|takes|performs?|complies|bears?|governs|exists|says|gets|\p{L}+n['’]t)\b/iu;
const verbs = /\b(?:shall|will|hereby|agrees?|grants?|may|must|is|are|has|have|acknowledges?|means?|including)\b/;

export interface Headed {
  heading: string | null;
  body: string;
}

/** Parts "License Grant. Supplier grants …" into its heading and what follows. */
export function splitHeading(text: string): Headed {
  if (isHeading(text)) return { heading: tidy(text), body: '' };
  const runIn = /^(.{2,90}?)(?:[.:]|\s[–—-])\s+(?=["“‘([]{0,2}[\p{Lu}\d]|\([a-z])/u.exec(text);
  if (runIn && isTitle(runIn[1]!)) return { heading: tidy(runIn[1]!), body: text.slice(runIn[0].length) };
  return { heading: null, body: text };
}

/**
 * The same behind a number, where headings may be set like sentences: "Grant of licence", when it `standsAlone` over what is
 * parted further, and "Ownership of work product. Contractor assigns …".
 */
export function splitNumbered(text: string, standsAlone: boolean): Headed {
  const split = splitHeading(text);
  if (split.heading !== null) return split;
  if (standsAlone && isPhrase(text)) return { heading: tidy(text), body: '' };
  const runIn = /^(.{2,90}?)[.:]\s+(?=["“‘(]?\p{Lu})/u.exec(text);
  if (!runIn || !isPhrase(runIn[1]!) || endsInAbbreviation(`${runIn[1]}.`)) return split;
  return { heading: tidy(runIn[1]!), body: text.slice(runIn[0].length) };
}

/** A line that is set apart is a heading although it is set like a sentence: "What you can do". */
export function isProminentHeading(text: string): boolean {
  return text.length <= 110 && wordsOf(text).length <= 12 && /^["“‘([]*[\p{Lu}\d]/u.test(text) && /[^.,;:]$/.test(text);
}

/** A few words without a verb, with a capital at the start alone. */
function isPhrase(text: string): boolean {
  if (text.length > 110 || wordsOf(text).length > 8 || !/^["“‘]?\p{Lu}/u.test(text)) return false;
  return !/[.,;:]$|\s\d{1,2}$|[.;:?!]\s|\d{3}/.test(text) && !verbs.test(text) && !sentenceVerbs.test(text);
}

/** A short line, set like a title, which is not a sentence. */
export function isHeading(text: string): boolean {
  return text.length <= 110 && /\p{L}{2}/u.test(text) && !/[;,]$/.test(text) && isTitle(text.replace(/[.:]$/, ''));
}

function isTitle(text: string): boolean {
  const words = wordsOf(text);
  if (words.length === 0 || words.length > 12) return false;
  if (text === text.toUpperCase()) return true;
  if (verbs.test(text) || /[.;]\s/.test(text)) return false;
  const large = words.filter((word) => !small.has(word.toLowerCase()));
  const capitals = large.filter((word) => /^["“‘([]*\p{Lu}/u.test(word));
  return /^["“‘([]*\p{Lu}/u.test(text) && capitals.length >= large.length * 0.8;
}

function wordsOf(text: string): string[] {
  return text.split(/[\s/]+/).filter((word) => /\p{L}/u.test(word));
}

function tidy(heading: string): string {
  return heading.replace(/[\s.:–—-]+$/, '').trim();
}
