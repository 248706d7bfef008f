import type { Marker } from './numbering.js';

/**
 * Names clauses as a reader would: "Clause 7.2", "Article IV", "Section 3", "Clause 7.2(a)", "Exhibit B, Clause 2"; a
 * later part of a long one is "Clause 7.2, Paragraph 3", the 14th paragraph of a text without numbers "Paragraph 14". A
 * name that comes up again gets a count: "Clause 1 (2)".
 */
export class Refs {
  private readonly used = new Map<string, number>();
  private container = '';
  private parent = '';
  private letters: string[] = [];

  enterContainer(marker: Marker): void {
    this.container = marker.label;
    this.parent = '';
    this.letters = [];
  }

  numbered(marker: Marker): string {
    if (marker.kind === 'letter') return `${this.parent || 'Clause '}${this.nest(marker.label).join('')}`;
    // "(c)" may follow "2.3(b)".
    const at = marker.label.indexOf('(');
    const number = at < 0 ? marker.label : marker.label.slice(0, at);
    this.letters = at < 0 ? [] : (marker.label.slice(at).match(/\([^)]*\)/g) ?? []);
    this.parent = marker.kind === 'decimal' ? `Clause ${number}` : number;
    return `${this.parent}${this.letters.join('')}`;
  }

  /** Call when a clause is kept: refs of empty ones stay free. */
  claim(name: string): string {
    const full = this.container ? `${this.container}, ${name}` : name;
    const count = (this.used.get(full) ?? 0) + 1;
    this.used.set(full, count);
    return count === 1 ? full : `${full} (${count})`;
  }

  /** "(i)" after "(h)" is the ninth letter, after "(a)" the first item below it. */
  private nest(label: string): string[] {
    const at = this.letters.findIndex((open) => follows(open, label));
    if (at >= 0) this.letters.length = at;
    else if (isFirst(label)) this.letters = this.letters.filter((open) => !isFirst(open) || kind(open) !== kind(label));
    else this.letters = [];
    this.letters.push(label);
    return this.letters;
  }
}

function follows(before: string, label: string): boolean {
  const [a, b] = [before.slice(1, -1), label.slice(1, -1)];
  if (/^\d+$/.test(a) && /^\d+$/.test(b)) return Number(b) === Number(a) + 1;
  const [x, y] = [romanValue(a), romanValue(b)];
  if (x && y && y === x + 1) return true;
  return a.length === 1 && b.length === 1 && b.charCodeAt(0) === a.charCodeAt(0) + 1;
}

function isFirst(label: string): boolean {
  return /^\((?:a|A|i|I|1)\)$/.test(label);
}

function kind(label: string): string {
  if (/\d/.test(label)) return 'digit';
  const roman = /^\([ivx]+\)$/i.test(label) ? 'roman' : 'letter';
  return label === label.toUpperCase() ? roman.toUpperCase() : roman;
}

function romanValue(text: string): number {
  const values: Record<string, number> = { i: 1, v: 5, x: 10 };
  const digits = [...text.toLowerCase()].map((letter) => values[letter] ?? Number.NaN);
  const sum = digits.reduce((total, digit, at) => total + (digit < (digits[at + 1] ?? 0) ? -digit : digit), 0);
  return Number.isNaN(sum) ? 0 : sum;
}
