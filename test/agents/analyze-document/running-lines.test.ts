import { describe, expect, it } from '@jest/globals';
import type { PdfPage } from '../../../src/agents/analyze-document/read/pdf-lines.js';
import { dropRunningLines } from '../../../src/agents/analyze-document/read/running-lines.js';

function page(number: number, ...texts: string[]): PdfPage {
  return {
    number,
    height: 800,
    lines: texts.map((text, index) => ({ text, x: 50, right: 500, y: 50 + index * 14, size: 10, column: 0 })),
  };
}

const own = (number: number) =>
  ['first', 'second', 'third', 'fourth'].map((place) => `The ${place} line of the text on page ${'abcdefgh'[number]}.`);
const kept = (pages: PdfPage[]) => dropRunningLines(pages).map(({ lines }) => lines.map(({ text }) => text));

describe('heads and feet of PDF pages', () => {
  it('go when many pages have them, whatever number is in them', () => {
    const pages = [0, 1, 2, 3].map((number) => page(number, `Master Agreement, page ${number}`, ...own(number), 'Confidential'));
    expect(kept(pages)).toEqual([0, 1, 2, 3].map(own));
  });

  it('stay when few pages have them', () => {
    const pages = [0, 1].map((number) => page(number, 'Master Agreement', ...own(number)));
    expect(kept(pages)).toEqual([0, 1].map((number) => ['Master Agreement', ...own(number)]));
  });

  it('go when they are page numbers, also on one page alone', () => {
    for (const number of ['12', '- 12 -', 'Page 3 of 9', 'iv', 'A-7']) expect(kept([page(0, ...own(0), number)])).toEqual([own(0)]);
  });

  it('are looked for at the edges: what is repeated within the text is text', () => {
    const pages = [0, 1, 2, 3].map((number) => page(number, ...own(number), 'The Seller pays.', '7', ...own(number)));
    expect(kept(pages)).toEqual(pages.map(({ lines }) => lines.map(({ text }) => text)));
  });
});
