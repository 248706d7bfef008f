import { cleanText } from './clean-text.js';
import { utf16Of } from './detect-type.js';
import type { DocumentText, Line } from './document.js';
import { joinLines } from './join-lines.js';
import { isMarkdown, readMarkdown, unquote } from './markdown.js';
import { dropTextFurniture } from './text-furniture.js';

export function readText(bytes: Buffer): DocumentText {
  const text = unquote(unflatten(cleanText(decode(bytes))));
  const lines = toLines(dropTextFurniture(text.split('\n')).join('\n'));
  return { pages: null, title: null, paragraphs: joinLines(isMarkdown(text) ? readMarkdown(lines) : lines) };
}

/** UTF-8 unless the bytes say otherwise; what is not UTF-8 is nearly always from old Windows software. */
export function decode(bytes: Buffer): string {
  const utf16 = utf16Of(bytes);
  if (utf16) return new TextDecoder(utf16).decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // One damaged character must not turn every quotation mark of a UTF-8 text into three.
    const lenient = new TextDecoder('utf-8').decode(bytes);
    const damaged = lenient.split('\ufffd').length - 1;
    const kept = lenient.match(/[\u0080-\ufffc]/g)?.length ?? 0;
    return damaged <= kept ? lenient : new TextDecoder('windows-1252').decode(bytes);
  }
}

/** Converters often write a whole contract as one line, with runs of spaces where lines once ended. */
function unflatten(text: string): string {
  const lines = text.split('\n').length;
  return text.length / lines > 400 ? text.replace(/ {3,}/g, '\n\n') : text;
}

/** A blank line ends a paragraph, and so does an indent after a full stop. */
export function* toLines(text: string): Iterable<Line> {
  let blank = true;
  let previous = '';
  for (const line of text.split('\n')) {
    if (!line.trim()) {
      blank = true;
      continue;
    }
    const indented = /^(?:\t| {3,})/.test(line) && !/^(?:\t| {3,})/.test(previous) && /[.;:]["”')\]]?\s*$/.test(previous);
    yield { text: line, page: null, breakBefore: blank || indented };
    blank = false;
    previous = line;
  }
}
