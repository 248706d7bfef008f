import { parseMarker } from './numbering.js';
import type { Placed } from './place-paragraphs.js';

// "… of the Term. 7 License Grant. Supplier …", "LICENSE GRANT 7.1 Supplier …", "… of the Term. (b) Notice. Supplier …"
const inline = [
  /(?<=[.;:][”"’')\]]*\s)(\d{1,2})\.?\s+(?=["“(]?\p{Ll}?\p{Lu})/gu,
  /(?<!(?:[Ss]ections?|SECTIONS?|[Aa]rticles?|[Cc]lauses?|[Pp]aragraphs?|[Ee]xhibits?|[Ss]chedules?|and|or|to|of|in|under|with|by|§)\s)(?<=\s)(\d{1,2}(?:\.\d{1,2}){1,3})\.?\s+(?=["“(]?\p{Ll}?\p{Lu})/gu,
];
const item = /(?<=\.[”"’')\]]*\s)\([a-z]{1,4}\)\s+(?=["“]?\p{Lu})/gu;

/**
 * Texts without line ends run clauses together. A number within a paragraph starts a clause only when it is the one that
 * comes next: "7.2" after "7.1", "8" or "8.1" after anything in 7. Amounts, versions and references seldom are. Letters are taken
 * after a full stop: "…; (b) to copy it" goes on with its sentence.
 */
export function* splitInline(paragraphs: Iterable<Placed>): Iterable<Placed> {
  let last = '';
  for (const paragraph of paragraphs) {
    let from = 0;
    for (const start of paragraph.text.length < 200 ? [] : [0, ...starts(paragraph.text)]) {
      const label = labelAt(paragraph.text.slice(start, start + 80));
      if (start === 0) {
        last = label ?? last;
        continue;
      }
      if (label === null ? paragraph.text[start] !== '(' : !follows(last, label)) continue;
      yield part(paragraph, from, start);
      from = start;
      last = label ?? last;
    }
    if (from === 0) last = labelAt(paragraph.text) ?? last;
    yield from === 0 ? paragraph : part(paragraph, from, paragraph.text.length);
  }
}

/** Starts where a number does, so that only white space at its end has to go. */
function part(paragraph: Placed, from: number, to: number): Placed {
  return { ...paragraph, prominent: false, start: paragraph.start + from, text: paragraph.text.slice(from, to).trimEnd() };
}

function starts(text: string): number[] {
  const found = [...inline, item].flatMap((pattern) => Array.from(text.matchAll(pattern), ({ index }) => index));
  return [...new Set(found)].sort((a, b) => a - b);
}

function labelAt(text: string): string | null {
  const marker = parseMarker(text);
  const label =
    marker && marker.kind !== 'letter' && marker.kind !== 'container' ? (/\d+(?:\.\d+)*/.exec(marker.label)?.[0] ?? null) : null;
  return label;
}

/** "7.1" is followed by "7.2", "7.1.1", "8", "8.0" and "8.1". */
function follows(before: string, label: string): boolean {
  if (before === '') return label === '1' || label === '1.1';
  const old = before.split('.').map(Number);
  const next = label.split('.').map(Number);
  if (next.length === old.length + 1) return next.at(-1) === 1 && old.every((part, index) => part === next[index]);
  const depth = next.findIndex((part, index) => part !== old[index]);
  if (depth < 0 || next[depth] !== old[depth]! + 1) return false;
  return depth === next.length - 1 || (depth === next.length - 2 && next.at(-1)! <= 1);
}
