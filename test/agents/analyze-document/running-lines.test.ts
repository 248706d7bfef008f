import { describe, expect, it } from '@jest/globals';
import { joinLines } from '../../../src/agents/analyze-document/read/join-lines.js';
import type { PdfPage } from '../../../src/agents/analyze-document/read/pdf-lines.js';
import { breakParagraphs } from '../../../src/agents/analyze-document/read/pdf-paragraphs.js';
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
    const pages = [0, 1, 2].map((number) => page(number, number ? 'Master Agreement' : 'Preface', ...own(number)));
    expect(kept(pages)).toEqual(pages.map(({ lines }) => lines.map(({ text }) => text)));
  });

  it('go when both of two pages have them in one place, which a title and a signature have not', () => {
    const pages = [0, 1].map((number) => page(number, 'Confidential', ...own(number)));
    expect(kept(pages)).toEqual([0, 1].map(own));
    const signed = [page(0, ...own(0), 'Name: Ann Other'), page(1, ...own(1), 'Date:', 'Name: Ann Other')];
    expect(kept(signed)).toEqual(signed.map(({ lines }) => lines.map(({ text }) => text)));
  });

  it('go when they are page numbers, also on one page alone', () => {
    for (const number of ['12', '- 12 -', 'Page 3 of 9', 'iv', 'A-7']) expect(kept([page(0, ...own(0), number)])).toEqual([own(0)]);
  });

  it('go when the number in them counts the pages, from wherever it starts', () => {
    const pages = [0, 1, 2, 3].map((number) => page(number, ...own(number), `Draft 9 of the Order, ${number + 17}`));
    expect(kept(pages)).toEqual([0, 1, 2, 3].map(own));
  });

  it('go whatever space stands between their words', () => {
    const pages = [0, 1, 2, 3].map((number) => page(number, ...own(number), number % 2 ? 'Order Form(Draft)' : 'Order Form (Draft)'));
    expect(kept(pages)).toEqual([0, 1, 2, 3].map(own));
  });

  it('are not the numbers of clauses, in step with the pages or not', () => {
    const numbered = [
      (number: number) => `${number + 1}.2`,
      (number: number) => `1.${number + 1}`,
      () => '(a)',
      (n: number) => `Item ${n * n} is due`,
    ];
    for (const text of numbered) {
      const pages = [0, 1, 2, 3].map((number) => page(number, text(number), ...own(number)));
      expect(kept(pages)).toEqual([0, 1, 2, 3].map((number) => [text(number), ...own(number)]));
    }
  });

  it('are not the headings of schedules of one page each, and of one of many pages only after its first', () => {
    const each = [0, 1, 2, 3].map((number) => page(number, `Schedule ${number + 1}`, ...own(number)));
    expect(kept(each)).toEqual([0, 1, 2, 3].map((number) => [`Schedule ${number + 1}`, ...own(number)]));
    const one = [0, 1, 2, 3].map((number) => page(number, 'Schedule 1', ...own(number)));
    expect(kept(one)).toEqual([['Schedule 1', ...own(0)], own(1), own(2), own(3)]);
  });

  it('are not the title, which only has the same words as they', () => {
    const pages = [0, 1, 2, 3].map((number) => page(number, number ? 'Order Terms' : 'ORDER TERMS', ...own(number)));
    expect(kept(pages)).toEqual([['ORDER TERMS', ...own(0)], own(1), own(2), own(3)]);
  });

  it('are not clauses that stand below the titles of schedules, nor the lines with which they go on', () => {
    const clauses = [
      '1. License. Supplier grants to Customer a license to use the',
      'Work Product.',
      '2. Ownership. Supplier keeps the rest.',
    ];
    for (const count of [2, 3]) {
      const pages = Array.from({ length: count }, (_, number) => page(number, `WORK ${'abc'[number]}`, ...clauses, ...own(number)));
      expect(kept(pages)).toEqual(pages.map(({ lines }) => lines.map(({ text }) => text)));
    }
    const wide = [0, 1].map((number) => page(number, ...clauses, ...own(number)));
    for (const { lines } of wide) for (const [index, line] of lines.entries()) line.y = 50 + index * 24;
    expect(kept(wide)).toEqual(wide.map(({ lines }) => lines.map(({ text }) => text)));
    const atFoot = [0, 1, 2].map((number) => page(number, ...own(number), ...clauses.slice(0, 2)));
    expect(kept(atFoot)).toEqual(atFoot.map(({ lines }) => lines.map(({ text }) => text)));
  });

  it('are not the last words of a clause, alone on their lines', () => {
    const pages = [0, 1, 2].map((number) =>
      page(number, ...own(number), `The party ${'abc'[number]} shall speak of the course and the`, 'progress.'),
    );
    expect(kept(pages)).toEqual(pages.map(({ lines }) => lines.map(({ text }) => text)));
  });

  it('are not clauses that differ in nothing but their numbers', () => {
    const pages = [0, 1, 2].map((number) => page(number, 'ACME', `${number + 1}. License. Supplier grants a license to Customer.`));
    expect(kept(pages)).toEqual([0, 1, 2].map((number) => [`${number + 1}. License. Supplier grants a license to Customer.`]));
  });

  it('are not the second lines of clauses whose numbers go their own way', () => {
    const clause = (number: number) => [`${3 * number + 1}. License. Supplier grants to Customer a license to use the`, 'Work Product.'];
    const pages = [0, 1, 2].map((number) => page(number, ...clause(number), ...own(number)));
    expect(kept(pages)).toEqual(pages.map(({ lines }) => lines.map(({ text }) => text)));
  });

  it('are the numbers of pages before a title', () => {
    const pages = [0, 1, 2].map((number) => page(number, ...own(number), `${number + 1} MASTER AGREEMENT`));
    expect(kept(pages)).toEqual([0, 1, 2].map(own));
  });

  it('stay the first time when they are sentences, and wherever else a page would hold none', () => {
    const warning = ['This document may not be copied or shown to anybody', 'without consent'];
    const pages = [0, 1, 2, 3].map((number) => page(number, ...warning, ...own(number)));
    expect(kept(pages)).toEqual([[...warning, ...own(0)], own(1), own(2), own(3)]);
    expect(kept([0, 1, 2].map((number) => page(number, ...warning)))).toEqual([warning, warning, warning]);
  });

  it('are looked for at the edges: what is repeated within the text is text', () => {
    const pages = [0, 1, 2, 3].map((number) => page(number, ...own(number), 'The Seller pays.', '7', ...own(number)));
    expect(kept(pages)).toEqual(pages.map(({ lines }) => lines.map(({ text }) => text)));
  });
});

describe('heads and feet of the pages that a file had before it was printed', () => {
  /** Lines of a page that stand apart where one is ''. */
  function spaced(number: number, ...texts: string[]): PdfPage {
    const { lines, ...rest } = page(number, ...texts);
    return { ...rest, lines: lines.filter(({ text }) => text) };
  }
  const above = (number: number) => `In month ${'abc'[number]} the Seller hands over to the Buyer, its heirs and its`;
  const below = (number: number) => `successors all of the pears of the year ${'abc'[number]} and the apples that are`;

  it('go from the middle of a page, and the sentence that they cut in two goes on', () => {
    const pages = [0, 1, 2].map((number) =>
      spaced(number, ...own(number), above(number), '', 'ORDER TERMS', `PAGE ${number + 5}`, '', below(number), ...own(number)),
    );
    expect(kept(pages)).toEqual([0, 1, 2].map((number) => [...own(number), above(number), below(number), ...own(number)]));
    const paragraphs = joinLines(dropRunningLines(pages).flatMap(breakParagraphs)).map(({ text }) => text);
    expect([0, 1, 2].filter((n) => paragraphs.some((text) => text.includes(`${above(n)} ${below(n)}`)))).toHaveLength(3);
  });

  it('leave the title that has their words', () => {
    const pages = [0, 1, 2].map((number) =>
      spaced(
        number,
        ...own(number),
        number ? above(number) : 'So it is.',
        '',
        'ORDER TERMS',
        '',
        number ? below(number) : 'It is so.',
        ...own(number),
      ),
    );
    expect(kept(pages).map((lines) => lines.includes('ORDER TERMS'))).toEqual([true, false, false]);
  });

  it('are not the cells of a table, which stand close, nor the markers of lists', () => {
    for (const within of [['Pears'], ['', '(b)', ''], ['', '12 boxes', '']]) {
      const pages = [0, 1, 2].map((number) => spaced(number, ...own(number), above(number), ...within, below(number), ...own(number)));
      expect(kept(pages)).toEqual(pages.map(({ lines }) => lines.map(({ text }) => text)));
    }
  });
});
