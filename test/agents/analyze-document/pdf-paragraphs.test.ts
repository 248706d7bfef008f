import { describe, expect, it } from '@jest/globals';
import { joinLines } from '../../../src/agents/analyze-document/read/join-lines.js';
import { breakParagraphs } from '../../../src/agents/analyze-document/read/pdf-paragraphs.js';

/** Lines of a page: where each starts, where it ends, what it says. */
function read(...lines: [number, number, string][]): string[] {
  const printed = lines.map(([x, right, text], n) => ({ text, x, right, y: 50 + n * 13, size: 10, column: 0 as const }));
  return joinLines(breakParagraphs({ number: 1, height: 800, lines: printed })).map(({ text }) => text);
}

const [left, right] = [72, 530];

describe('the paragraphs of a PDF page', () => {
  it('do not end after an indented first line, however full it is', () => {
    for (const end of [right, right - 8, right - 15, right - 25])
      expect(
        read(
          [left + 36, end, 'The Seller sells, and makes every member of its Orchard'],
          [left, right, 'Group sell, to the Buyer all pears and apples of the harvest of the year'],
          [left, 350, 'in which this order is signed.'],
        ),
      ).toHaveLength(1);
  });

  it('do not end where the next line goes on in small letters', () => {
    expect(
      read(
        [left + 46, right - 50, 'The Seller sells, and makes each of its farms'],
        [left, right, 'sell, to the Buyer all pears and apples of the harvest of the year in which'],
        [left, 350, 'this order is signed.'],
      ),
    ).toHaveLength(1);
  });

  it('begin below a title in the middle', () => {
    expect(
      read(
        [250, 352, 'SALE OF PEARS'],
        [left, right, 'The Seller sells to the Buyer all pears and apples of the harvest of the year'],
        [left, 350, 'in which this order is signed.'],
      )[0],
    ).toBe('SALE OF PEARS');
  });
});
