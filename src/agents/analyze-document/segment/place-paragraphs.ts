import type { Paragraph } from '../read/document.js';

/** A paragraph, or a part of one, and where it starts in the text of its document, in characters. */
export interface Placed extends Paragraph {
  start: number;
}

/** What offsets count in: the paragraphs of a document, a newline between each two. */
export function textOf(paragraphs: readonly Paragraph[]): string {
  return paragraphs.map(({ text }) => text).join('\n');
}

export function* placeParagraphs(paragraphs: readonly Paragraph[]): Iterable<Placed> {
  let start = 0;
  for (const paragraph of paragraphs) {
    yield { ...paragraph, start };
    start += paragraph.text.length + 1;
  }
}
