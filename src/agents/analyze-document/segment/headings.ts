const small = new Set(
  'a after an and as at before between by during for from in into its no not of on or per than that the to under upon via vs with within without'.split(
    ' ',
  ),
);
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

/** A short line, set like a title, which is not a sentence. */
export function isHeading(text: string): boolean {
  return text.length <= 110 && /\p{L}{2}/u.test(text) && !/[;,]$/.test(text) && isTitle(text.replace(/[.:]$/, ''));
}

function isTitle(text: string): boolean {
  const words = text.split(/[\s/]+/).filter((word) => /\p{L}/u.test(word));
  if (words.length === 0 || words.length > 12) return false;
  if (text === text.toUpperCase()) return true;
  if (verbs.test(text) || /[.;]\s/.test(text)) return false;
  const large = words.filter((word) => !small.has(word.toLowerCase()));
  const capitals = large.filter((word) => /^["“‘([]*\p{Lu}/u.test(word));
  return /^["“‘([]*\p{Lu}/u.test(text) && capitals.length >= large.length * 0.8;
}

function tidy(heading: string): string {
  return heading.replace(/[\s.:–—-]+$/, '').trim();
}
