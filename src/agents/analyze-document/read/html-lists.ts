import { formatNumber } from './number-formats.js';

type Attributes = Readonly<Record<string, string>>;

interface List {
  /** By Word's name; null: no numbers. */
  format: string | null;
  next: number;
}

const types = new Map([
  ['1', 'decimal'],
  ['a', 'lowerLetter'],
  ['A', 'upperLetter'],
  ['i', 'lowerRoman'],
  ['I', 'upperRoman'],
]);

const styles = new Map([
  ['decimal', 'decimal'],
  ['decimal-leading-zero', 'decimalZero'],
  ['lower-alpha', 'lowerLetter'],
  ['lower-latin', 'lowerLetter'],
  ['upper-alpha', 'upperLetter'],
  ['upper-latin', 'upperLetter'],
  ['lower-roman', 'lowerRoman'],
  ['upper-roman', 'upperRoman'],
]);

/** The numbers that a browser draws before the items of `<ol>`, by attributes and inline styles. */
export class HtmlLists {
  private readonly lists: List[] = [];

  open(name: string, attributes: Attributes, style: ReadonlyMap<string, string>): void {
    const numbered = name === 'ol';
    this.lists.push({ format: numbered ? formatOf(attributes, style, 'decimal') : null, next: toInteger(attributes.start) ?? 1 });
  }

  close(): void {
    this.lists.pop();
  }

  /** "2. " for the next item; empty where there is no number, or one that is not understood. */
  item(attributes: Attributes, style: ReadonlyMap<string, string>): string {
    const list = this.lists.at(-1);
    if (!list) return '';
    const value = toInteger(attributes.value) ?? list.next;
    list.next = value + 1;
    const format = list.format && formatOf(attributes, style, list.format);
    if (!format) return '';
    // What has no letters is in digits.
    return `${formatNumber(value, format) ?? value}. `;
  }
}

export function isList(name: string): boolean {
  return name === 'ol' || name === 'ul' || name === 'menu' || name === 'dir';
}

function formatOf(attributes: Attributes, style: ReadonlyMap<string, string>, usual: string): string | null {
  const type = style.get('list-style-type') ?? style.get('list-style');
  if (type === undefined || type === 'inherit') return types.get(attributes.type ?? '') ?? usual;
  for (const word of type.split(/\s+/)) {
    const format = styles.get(word);
    if (format) return format;
  }
  return null;
}

function toInteger(text: string | undefined): number | null {
  return text !== undefined && /^\s*[+-]?\d{1,9}\s*$/.test(text) ? Number(text) : null;
}
