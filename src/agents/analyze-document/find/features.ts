import { type Category, categories } from '../analysis.js';
import { notOperative, type Rule, rules } from './ip-rules.js';
import { signals } from './signals.js';

/** What the model sees of a sentence. */
export interface Features {
  /** Hashes of words and of pairs of neighbours, each once. */
  words: Uint32Array;
  /** Places in the list of signals that are true: see `signalCount`. */
  signals: number[];
  /** Rules of `ip-rules.ts` that hold. */
  rules: Rule[];
}

const at = {
  pattern: 0,
  rule: signals.length,
  category: signals.length + rules.length,
  sureCategory: signals.length + rules.length + categories.length,
  anyRule: signals.length + rules.length + 2 * categories.length,
};
const lengths = 8;

/** Signals there are: patterns, rules, categories that rules name, those they name surely, any rule, not operative, length. */
export const signalCount = at.anyRule + 2 + lengths;

const sure = 0.85;

// Most sentences of a contract have none of these, and none of what is looked for.
const worthALook =
  /licen[cs]|right|grant|assign|title|own|property|patent|copyright|mark|escrow|source code|\bsue|contest|challeng|intellectual|work|use|perpetu|irrevoc|transfer|invent|unlimited|undivided|joint/;

/** @param sentence as `plain` makes it; null for one that is certainly of no category */
export function featuresOf(sentence: string): Features | null {
  if (!worthALook.test(sentence) || sentence.split(' ', 4).length < 4) return null;
  const words = wordsOf(sentence);
  const held = matching(sentence);
  return { words: hashes(words), signals: signalsOf(sentence, words.length, held), rules: held };
}

export function matching(sentence: string, among: readonly Rule[] = rules): Rule[] {
  if (notOperative.test(sentence)) return [];
  return among.filter(
    (rule) => rule.all.every((pattern) => pattern.test(sentence)) && !rule.none?.some((pattern) => pattern.test(sentence)),
  );
}

/** Numbers are all alike, and so are words that were blacked out. */
function wordsOf(sentence: string): string[] {
  const even = sentence.replace(/\[\s*\*[^\]]{0,20}\]/g, ' redacted ').replace(/\d[\d.,]*/g, '#');
  return even.match(/[a-z]+(?:-[a-z]+)*|#|[;:()]/g) ?? [];
}

function hashes(words: readonly string[]): Uint32Array {
  const found = new Set<number>();
  for (const [index, word] of words.entries()) {
    found.add(hash(word));
    if (index > 0) found.add(hash(`${words[index - 1]} ${word}`));
  }
  return Uint32Array.from(found);
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
}

function signalsOf(sentence: string, words: number, held: readonly Rule[]): number[] {
  const found = signals.flatMap((pattern, index) => (pattern.test(sentence) ? [at.pattern + index] : []));
  found.push(...held.map((rule) => at.rule + rules.indexOf(rule)));
  for (const category of new Set(held.map((rule) => rule.category))) {
    found.push(at.category + indexOf(category));
    if (held.some((rule) => rule.category === category && rule.confidence >= sure)) found.push(at.sureCategory + indexOf(category));
  }
  if (held.length > 0) found.push(at.anyRule);
  if (notOperative.test(sentence)) found.push(at.anyRule + 1);
  found.push(at.anyRule + 2 + Math.min(lengths - 1, Math.floor(Math.log2(words + 1) * 1.5)));
  return found;
}

const indexOf = (category: Category) => categories.indexOf(category);
