// A full stop after these does not end a sentence.
const abbreviation =
  /(?:^|[\s("“])(?:[A-Z]|Inc|Ltd|Corp|Co|Cos|LLC|L\.L\.C|L\.P|Nos?|Secs?|Arts?|Exs?|Ch|Para|Mr|Mrs|Ms|Dr|St|Jr|Sr|Messrs|vs?|e\.g|i\.e|etc|viz|cf|approx|incl|U\.S|U\.K|U\.S\.A|U\.S\.C|C\.F\.R|N\.A|N\.V|B\.V|S\.A|S\.p\.A|a\.m|p\.m|Bros|Dept|Univ|Pty)\.$/;
// … but "Exhibit A." does.
const lettered = /\b(?:Exhibit|Schedule|Annex|Appendix|Attachment|Addendum|Part|Party|Class|Series)\s[A-Z]\.$/;
const boundary = /[.!?]["”’')\]]*\s+(?=["“‘([]*[\p{Lu}\d])|\n/gu;
const maxWords = 220;

/** Sentences as printed. Lines of a list stay with the sentence that introduces them. */
export function splitSentences(text: string): string[] {
  const sentences: string[] = [];
  let start = 0;
  for (const match of text.matchAll(boundary)) {
    const end = match.index + match[0].length;
    if (endsHere(text, match[0], match.index)) {
      sentences.push(text.slice(start, end));
      start = end;
    }
  }
  sentences.push(text.slice(start));
  return sentences
    .map((sentence) => sentence.trim())
    .filter(Boolean)
    .flatMap(splitLong);
}

function endsHere(text: string, matched: string, at: number): boolean {
  if (matched === '\n') {
    const before = text.slice(Math.max(0, at - 8), at);
    if (/[.!?]["”’')\]]*\s*$/.test(before)) return true;
    return !/(?:[,:;–—-]|\b(?:and|or|to|the|of))\s*$/.test(before) && !/^\s*\p{Ll}{2}/u.test(text.slice(at, at + 24));
  }
  const before = text.slice(Math.max(0, at - 24), at + 1);
  return lettered.test(before) || !abbreviation.test(before);
}

/** Contracts hold sentences of a page and more; their items, parted by semicolons, are the next best unit. */
function splitLong(sentence: string): string[] {
  if (countWords(sentence) <= maxWords) return [sentence];
  const pieces: string[] = [];
  for (const part of sentence.split(/(?<=;)\s+/)) {
    const last = pieces.at(-1);
    if (last !== undefined && countWords(last) + countWords(part) <= maxWords / 2) pieces[pieces.length - 1] = `${last} ${part}`;
    else pieces.push(part);
  }
  return pieces;
}

export function countWords(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}
