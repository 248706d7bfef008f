// A full stop after these does not end a sentence.
const abbreviation =
  /(?:^|[\s("“])(?:[A-Z]|Inc|Ltd|Corp|Co|Cos|LLC|L\.L\.C|L\.P|Nos?|Secs?|Arts?|Exs?|Ch|Para|Mr|Mrs|Ms|Dr|St|Jr|Sr|Messrs|vs?|e\.g|i\.e|etc|viz|cf|approx|incl|U\.S|U\.K|U\.S\.A|U\.S\.C|C\.F\.R|N\.A|N\.V|B\.V|S\.A|S\.p\.A|a\.m|p\.m|Bros|Dept|Univ|Pty|Prof|Pat|Appl|al)\.$/;
/** Nor after these, where a number follows: "Jan. 1", "App. No. 7". */
const numbered =
  /(?:^|[\s("“])(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Refs?|Rev|Vols?|[Vv]er|Figs?|Ser|Pub|App|Cl|Reg)\. (?:Nos?\.? )?\d/;
// … but "Exhibit A." does.
const lettered = /\b(?:Exhibit|Schedule|Annex|Appendix|Attachment|Addendum|Part|Party|Class|Series)\s[A-Z]\.$/;
const boundary = /[.!?]["”’')\]]*\s+(?=["“‘([]*[\p{Lu}\d])|\n/gu;
const maxWords = 220;

/** Where a sentence stands: from `start` up to, not including, `end`, in characters. */
export interface Place {
  start: number;
  end: number;
}

/** Sentences as printed. Lines of a list stay with the sentence that introduces them. */
export function splitSentences(text: string): string[] {
  return placeSentences(text).map(({ start, end }) => text.slice(start, end));
}

/** The same by place. Nothing but white space lies between them. */
export function placeSentences(text: string): Place[] {
  const places: Place[] = [];
  let start = 0;
  for (const match of text.matchAll(boundary)) {
    const end = match.index + match[0].length;
    if (!endsHere(text, match[0], match.index)) continue;
    places.push({ start, end });
    start = end;
  }
  places.push({ start, end: text.length });
  return places.map((place) => trim(text, place)).flatMap((place) => (place.end > place.start ? splitLong(text, place) : []));
}

function endsHere(text: string, matched: string, at: number): boolean {
  if (matched === '\n') {
    const before = text.slice(Math.max(0, at - 8), at);
    if (/[.!?]["”’')\]]*\s*$/.test(before)) return true;
    return !/(?:[,:;–—-]|\b(?:and|or|to|the|of))\s*$/.test(before) && !/^\s*\p{Ll}{2}/u.test(text.slice(at, at + 24));
  }
  if (numbered.test(text.slice(Math.max(0, at - 6), at + 10))) return false;
  return !endsInAbbreviation(text.slice(Math.max(0, at - 24), at + 1));
}

export function endsInAbbreviation(text: string): boolean {
  const before = text.slice(-24);
  return abbreviation.test(before) && !lettered.test(before);
}

function trim(text: string, { start, end }: Place): Place {
  const part = text.slice(start, end);
  const from = start + part.length - part.trimStart().length;
  return { start: from, end: Math.max(from, end - (part.length - part.trimEnd().length)) };
}

/** Contracts hold sentences of a page and more; their items, parted by semicolons, are the next best unit. */
function splitLong(text: string, sentence: Place): Place[] {
  const words = ({ start, end }: Place) => countWords(text.slice(start, end));
  if (words(sentence) <= maxWords) return [sentence];
  const pieces: Place[] = [];
  let { start } = sentence;
  for (const match of text.slice(start, sentence.end).matchAll(/(?<=;)\s+|$/g)) {
    const part = { start, end: sentence.start + match.index };
    const last = pieces.at(-1);
    if (last && words(last) + words(part) <= maxWords / 2) last.end = part.end;
    else pieces.push(part);
    start = part.end + match[0].length;
  }
  return pieces.filter(({ start: from, end }) => end > from);
}

export function countWords(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}
