import { Parser } from 'htmlparser2';
import { TaskFailed } from '../../agent.js';
import { cleanText, squeeze } from './clean-text.js';
import type { DocumentText, Line } from './document.js';
import { joinLines } from './join-lines.js';
import { decode, toLines } from './read-text.js';

const skipped = new Set(['script', 'style', 'noscript', 'template', 'svg', 'math', 'iframe', 'object', 'select', 'textarea', 'button']);
const inline = new Set(
  'a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q s samp small span strike strong sub sup time tt u var wbr'.split(
    ' ',
  ),
);
// The parser's time grows with the square of the depth. Old pages that never close a <font> come to some thousands.
const maxDepth = 20_000;
const headings = new Set(['h1', 'h2', 'h3', 'h4', 'h5', 'h6']);

export function readHtml(bytes: Buffer): DocumentText {
  return readMarkup(decode(bytes));
}

/** Takes the text in document order. Streams and keeps no tree. */
export function readMarkup(markup: string): DocumentText {
  const page = new Gatherer();
  const parser = new Parser(
    {
      onopentagname: (name) => page.open(name),
      onclosetag: (name) => page.close(name),
      ontext: (text) => page.text(text),
    },
    { decodeEntities: true, lowerCaseTags: true },
  );
  parser.write(markup);
  parser.end();
  return { pages: null, title: squeeze(cleanText(page.title)) || null, paragraphs: joinLines(page.finish()) };
}

class Gatherer {
  title = '';
  private lines: Line[] = [];
  private buffer: string[] = [];
  private depth = 0;
  private hidden = 0;
  private preformatted = 0;
  private inTitle = false;
  private breakBefore = true;
  private prominent = false;

  open(name: string): void {
    this.depth += 1;
    if (this.depth > maxDepth) throw new TaskFailed('document_too_complex', `The document nests its elements more than ${maxDepth} deep.`);
    if (skipped.has(name)) this.hidden += 1;
    else if (name === 'title') this.inTitle = true;
    else if (name === 'td' || name === 'th') this.buffer.push(' ');
    else if (!inline.has(name)) this.endLine(name);
    if (name === 'pre') this.preformatted += 1;
    if (headings.has(name)) this.prominent = true;
  }

  close(name: string): void {
    this.depth -= 1;
    if (skipped.has(name)) this.hidden = Math.max(0, this.hidden - 1);
    else if (name === 'title') this.inTitle = false;
    else if (name === 'td' || name === 'th') this.buffer.push(' ');
    else if (!inline.has(name) && name !== 'br') this.endLine(name);
    if (name === 'pre') this.preformatted = Math.max(0, this.preformatted - 1);
    if (headings.has(name)) this.prominent = false;
  }

  text(text: string): void {
    if (this.hidden) return;
    if (this.inTitle) this.title += text;
    else this.buffer.push(text);
  }

  finish(): Line[] {
    this.endLine('');
    return this.lines;
  }

  /** A `<br>` ends a line and two of them, or any block, a paragraph. */
  private endLine(name: string): void {
    const raw = cleanText(this.buffer.join(''));
    const block = name !== 'br';
    this.buffer = [];
    if (!raw.trim()) {
      this.breakBefore = true;
      return;
    }
    if (this.preformatted) for (const line of toLines(raw)) this.lines.push(line);
    else this.lines.push({ text: squeeze(raw), page: null, breakBefore: this.breakBefore, prominent: this.prominent });
    this.breakBefore = block;
  }
}
