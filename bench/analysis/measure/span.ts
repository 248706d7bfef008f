/** Tokens in a row that count as shared text. Stray words in common, such as "of the", therefore never do. */
const run = 5;

/** A text as the measure sees it: tokens, parted where words were left out, and the runs of tokens within. */
export class Span {
  readonly parts: readonly (readonly string[])[];
  /** Tokens. */
  readonly length: number;
  /** Each run of five tokens (of the whole part, when that is shorter) and where it starts. */
  readonly runs = new Map<string, { size: number; starts: number[] }>();
  /** Words between white space, for what a reader has to read. */
  readonly words: number;

  constructor(readonly text: string) {
    this.parts = text
      .split(/<\s*omitted\s*>/i)
      .map(tokens)
      .filter((part) => part.length > 0);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: Python, whose measure this is, splits at them
    this.words = text.split(/[\s\u001c-\u001f\u0085]+/).filter(Boolean).length;
    let from = 0;
    for (const part of this.parts) {
      this.addRuns(part, from);
      from += part.length;
    }
    this.length = from;
  }

  /** Equal for texts that differ in what the measure does not see. */
  get key(): string {
    return this.parts.map((part) => part.join(' ')).join('|');
  }

  private addRuns(part: readonly string[], from: number): void {
    const size = Math.min(run, part.length);
    for (let at = 0; at + size <= part.length; at += 1) {
      const key = part.slice(at, at + size).join(' ');
      const known = this.runs.get(key);
      if (known) known.starts.push(from + at);
      else this.runs.set(key, { size, starts: [from + at] });
    }
  }
}

/** How many tokens of `span` lie in a run that `others` has as well. */
export function covered(span: Span, others: { has(run: string): boolean }): number {
  const marked = new Uint8Array(span.length);
  for (const [key, { size, starts }] of span.runs) {
    if (others.has(key)) for (const start of starts) marked.fill(1, start, start + size);
  }
  return marked.reduce((sum, mark) => sum + mark, 0);
}

const invisible = /[\u00ad\u200b-\u200d\u2060\ufeff]/g;

/** Letters and digits in lower case: hyphens join, apostrophes go, all else parts. */
export function tokens(text: string): string[] {
  const plain = text.replace(invisible, '').normalize('NFKC').replace(invisible, '').toLowerCase();
  const joined = plain
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    .replace(/(?<=[a-z0-9])-\s*(?=[a-z0-9])/g, '')
    .replace(/['\u2018\u2019\u02bc`\u00b4]/g, '');
  return joined.match(/[\p{L}\p{N}]+/gu) ?? [];
}
