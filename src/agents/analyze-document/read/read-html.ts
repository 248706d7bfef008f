import { Parser } from 'htmlparser2';
import { TaskFailed } from '../../agent.js';
import { startsNumbered } from '../segment/numbering.js';
import { cleanText, squeeze } from './clean-text.js';
import type { DocumentText, Line } from './document.js';
import { HtmlLists, isList } from './html-lists.js';
import { joinLines } from './join-lines.js';
import { decode, toLines } from './read-text.js';

const skipped = new Set(['script', 'style', 'noscript', 'template', 'svg', 'math', 'iframe', 'object', 'select', 'textarea', 'button']);
/** What was taken out of the text and is still shown. */
const struck = new Set(['del', 's', 'strike']);
const inline = new Set(
  'a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q s samp small span strike strong sub sup time tt u var wbr'.split(
    ' ',
  ),
);
// The parser's time grows with the square of the depth. Old pages that never close a <font> come to some thousands.
const maxDepth = 20_000;
const bold = new Set(['b', 'strong']);
/** In bold, what is longer is no heading. */
const longestHeading = 110;
const headings = new Set(['h1', 'h2', 'h3', 'h4', 'h5', 'h6']);

export function readHtml(bytes: Buffer): DocumentText {
  return readMarkup(decode(bytes), true);
}

/**
 * Takes the text in document order, without what its elements hide; style sheets are not read. With `numberItems` the items
 * of lists get the numbers that a browser gives them. Streams and keeps no tree.
 */
export function readMarkup(markup: string, numberItems = false): DocumentText {
  const page = new Gatherer(numberItems);
  const parser = new Parser(
    {
      onopentag: (name, attributes) => page.open(name, attributes),
      onclosetag: (name) => page.close(name),
      ontext: (text) => page.text(text),
    },
    { decodeEntities: true, lowerCaseTags: true },
  );
  parser.write(markup);
  parser.end();
  return { pages: null, title: squeeze(cleanText(page.title)) || null, paragraphs: joinLines(page.finish()) };
}

type Visibility = 'shown' | 'invisible' | 'gone';

class Gatherer {
  title = '';
  private lines: Line[] = [];
  private buffer: string[] = [];
  /** Of the open elements. */
  private visibility: Visibility[] = [];
  private readonly lists = new HtmlLists();
  /** Of the item that begins. */
  private number = '';
  private preformatted = 0;
  private inTitle = false;
  private breakBefore = true;
  private prominent = false;
  private bold = 0;
  /** In the line that begins. */
  private allBold = true;

  constructor(private readonly numberItems: boolean) {}

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    const style = parseStyle(attributes.style);
    const visibility = this.see(name, attributes, style);
    this.visibility.push(visibility);
    if (this.visibility.length > maxDepth)
      throw new TaskFailed('document_too_complex', `The document nests its elements more than ${maxDepth} deep.`);
    if (visibility === 'gone') return;
    if (name === 'title') this.inTitle = true;
    else if (name === 'td' || name === 'th') this.buffer.push(' ');
    else if (!inline.has(name)) this.endLine(name);
    if (name === 'pre') this.preformatted += 1;
    if (headings.has(name)) this.prominent = true;
    if (bold.has(name)) this.bold += 1;
    if (this.numberItems) this.openList(name, attributes, style);
  }

  close(name: string): void {
    if (this.visibility.pop() === 'gone') return;
    if (name === 'title') this.inTitle = false;
    else if (name === 'td' || name === 'th') this.buffer.push(' ');
    else if (!inline.has(name) && name !== 'br') this.endLine(name);
    if (name === 'pre') this.preformatted = Math.max(0, this.preformatted - 1);
    if (headings.has(name)) this.prominent = false;
    if (bold.has(name)) this.bold -= 1;
    if (name === 'li') this.number = '';
    else if (isList(name)) this.lists.close();
  }

  text(text: string): void {
    if ((this.visibility.at(-1) ?? 'shown') !== 'shown') return;
    if (this.inTitle) this.title += text;
    else {
      this.buffer.push(text);
      if (this.bold === 0 && text.trim()) this.allBold = false;
    }
  }

  finish(): Line[] {
    this.endLine('');
    return this.lines;
  }

  /** Within what is gone nothing shows; within what is only invisible, what says so itself. */
  private see(name: string, attributes: Readonly<Record<string, string>>, style: ReadonlyMap<string, string>): Visibility {
    const around = this.visibility.at(-1) ?? 'shown';
    if (around === 'gone' || skipped.has(name) || struck.has(name)) return 'gone';
    if (style.get('text-decoration')?.includes('line-through') || isNoteMark(name, attributes)) return 'gone';
    // A page that is hidden whole is one that its script shows.
    const whole = name === 'html' || name === 'body';
    if (!whole && ('hidden' in attributes || style.get('display') === 'none')) return 'gone';
    const own = style.get('visibility');
    if (own === 'hidden' || own === 'collapse') return 'invisible';
    return own === 'visible' ? 'shown' : around;
  }

  private openList(name: string, attributes: Readonly<Record<string, string>>, style: ReadonlyMap<string, string>): void {
    if (name === 'li') this.number = this.lists.item(attributes, style);
    else if (isList(name)) {
      // "1." and right below it "(a)": each has its line.
      if (this.number) this.lines.push({ text: this.number, page: null, breakBefore: true });
      this.number = '';
      this.lists.open(name, attributes, style);
    }
  }

  /** A `<br>` ends a line and two of them, or any block, a paragraph. */
  private endLine(name: string): void {
    const raw = cleanText(this.buffer.join(''));
    const block = name !== 'br';
    const prominent = this.prominent || (this.allBold && raw.length <= longestHeading);
    this.buffer = [];
    this.allBold = true;
    if (!raw.trim()) {
      this.breakBefore = true;
      return;
    }
    const text = this.takeNumber(raw) + raw;
    if (this.preformatted) for (const line of toLines(text)) this.lines.push(line);
    else this.lines.push({ text: squeeze(text), page: null, breakBefore: this.breakBefore, prominent });
    this.breakBefore = block;
  }

  /** Where a number is typed, that of the list is turned off somewhere: nobody writes both. */
  private takeNumber(text: string): string {
    const { number } = this;
    this.number = '';
    return number && !startsNumbered(text.trim()) ? number : '';
  }
}

/** The "[1]" in a text and the "↑" behind its note, as they come from Word. */
function isNoteMark(name: string, { href = '' }: Readonly<Record<string, string>>): boolean {
  return name === 'a' && /^#(?:foot|end)note-(?:ref-)?\d+$/.test(href);
}

/** `display: none; color: red` by name; of two with one name the later counts. */
function parseStyle(style: string | undefined): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (!style) return found;
  for (const declaration of style
    .replace(/\/\*.*?\*\//gs, '')
    .toLowerCase()
    .split(';')) {
    const colon = declaration.indexOf(':');
    if (colon > 0)
      found.set(
        declaration.slice(0, colon).trim(),
        declaration
          .slice(colon + 1)
          .replace(/!\s*important/, '')
          .trim(),
      );
  }
  return found;
}
