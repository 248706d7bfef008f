import { describe, expect, it } from '@jest/globals';
import { readHtml } from '../../../src/agents/analyze-document/read/read-html.js';
import { readText } from '../../../src/agents/analyze-document/read/read-text.js';

const sells = 'The Seller sells to the Buyer all pears and apples of the harvest of the year in which this order is signed.';
const read = (text: string) => readText(Buffer.from(text)).paragraphs.map((paragraph) => paragraph.text);

describe('a heading right above its text', () => {
  it.each(['1. Sale of Pears', '3.1 Sale', 'SALE OF PEARS', 'Sale', '(a) Sale', 'Sale of Pears.', 'ARTICLE IV SALE', 'Exhibit B'])(
    'is a paragraph of its own: %s',
    (heading) => {
      expect(read(`${heading}\n${sells}`)).toEqual([heading, sells]);
    },
  );

  it('is one below the end of a sentence too', () => {
    expect(read(`${sells}\nSale\n${sells}`)).toEqual([sells, 'Sale', sells]);
  });

  it('may have two lines', () => {
    expect(read(`SALE OF PEARS AND\nAPPLES\n${sells}`)).toEqual(['SALE OF PEARS AND APPLES', sells]);
  });

  it('is one above a single <br> in HTML', () => {
    const { paragraphs } = readHtml(Buffer.from(`<div>1. SALE<br>${sells}<br>Pears<br>${sells}</div>`));
    expect(paragraphs.map(({ text }) => text)).toEqual(['1. SALE', sells, 'Pears', sells]);
  });

  it('is not a line of a sentence', () => {
    for (const text of [
      // that goes on in small letters
      `Pears\nare sold by the Seller to the Buyer for what the Buyer pays.`,
      // that ends where the next word would not have had room
      'This Order between the Orchard and the Buyer is made under the Terms\nOf Sale which the Seller has sent to the Buyer before this was signed.',
      // that names where more follows
      `subject to Section 7.2\nThe Seller sells to the Buyer all pears of the harvest.`,
      // of an address
      'Pear Orchard Inc.\n12 Orchard Road in the town of Pears, which is in the country',
    ])
      expect(read(text)).toHaveLength(1);
  });
});
