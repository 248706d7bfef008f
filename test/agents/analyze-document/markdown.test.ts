import { describe, expect, it } from '@jest/globals';
import { readText } from '../../../src/agents/analyze-document/read/read-text.js';

const read = (text: string) => readText(Buffer.from(text)).paragraphs;
const texts = (text: string) => read(text).map((paragraph) => paragraph.text);

describe('items of lists in text', () => {
  it.each(['•', '–', '-', '*'])('start paragraphs: %s', (bullet) => {
    expect(texts(`The Seller may:\n${bullet} sell pears and\n${bullet} sell apples\nof this year.`)).toEqual([
      'The Seller may:',
      `${bullet} sell pears and`,
      `${bullet} sell apples of this year.`,
    ]);
  });

  it('are not dashes within a sentence', () => {
    expect(texts('The Seller sells pears\n- and apples, if there are any -\nof this year.')).toHaveLength(1);
  });
});

describe('Markdown', () => {
  it('is read without its marks, and its headings are prominent', () => {
    const source =
      '# Terms of Sale\n## 1. Pears ##\nThe **Seller** sells *green* pears.\n\n**2.1 Price**\nOne each.\n- paid *now*\n- or later\n***\nThe end.';
    expect(read(source).map(({ text, prominent }) => [text, prominent])).toEqual([
      ['Terms of Sale', true],
      ['1. Pears', true],
      ['The Seller sells green pears.', false],
      ['2.1 Price', true],
      ['One each.', false],
      ['paid now', false],
      ['or later', false],
      ['The end.', false],
    ]);
  });

  it('may have no headings but numbers in bold', () => {
    expect(texts('**1. Pears.** They are green.\n\n**2. Apples.** They are red.')).toEqual([
      '1. Pears. They are green.',
      '2. Apples. They are red.',
    ]);
  });

  it('has tables, a row to each paragraph', () => {
    expect(texts('# A\n\n# B\n\n| Fruit | Price |\n|---|:--|\n| Pears | 1 |\n| Apples | 2 |')).toEqual([
      'A',
      'B',
      'Fruit Price',
      'Pears 1',
      'Apples 2',
    ]);
  });

  it('is not a text with a sign here and there', () => {
    for (const text of ['# of pears: 2 * 3 * 4', '[**] The price is **[redacted]** for all. [**]']) expect(texts(text)).toEqual([text]);
  });
});

describe('mail that is quoted', () => {
  it('is read without the signs before its lines', () => {
    expect(texts('We agree.\n> Do you sell\n> pears?\n>> I want some.\nYes, we do.')).toEqual([
      'We agree.',
      'Do you sell pears?',
      'I want some.',
      'Yes, we do.',
    ]);
  });

  it('is not a line that says what is larger', () => {
    expect(texts('Pears\n> 2 kg are dear.')).toEqual(['Pears > 2 kg are dear.']);
  });
});
