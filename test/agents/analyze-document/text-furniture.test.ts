import { describe, expect, it } from '@jest/globals';
import { readText } from '../../../src/agents/analyze-document/read/read-text.js';
import { segment } from '../../../src/agents/analyze-document/segment/segment.js';

const read = (text: string) => readText(Buffer.from(text)).paragraphs.map((paragraph) => paragraph.text);

describe('a text that once had pages', () => {
  const page = (number: number, text: string) => `${text}\n\n${number}\n\nSource: ACME CORP, 10-K, 3/1/2019\n\n\n`;

  it('loses page numbers and what was printed on every page, and its sentences go on', () => {
    const text =
      page(1, 'Licensor hereby grants to Licensee a license to use, to copy and to') +
      page(2, 'modify the software for its own business. Licensee shall keep the terms of') +
      page(3, 'this Agreement confidential.');
    expect(read(text)).toEqual([
      'Licensor hereby grants to Licensee a license to use, to copy and to modify the software for its own business. Licensee shall keep the terms of this Agreement confidential.',
    ]);
  });

  it('keeps lines that are repeated but cut no sentence', () => {
    const signature = 'By: ____________\n\nName: Ann Other, Director\n\n';
    expect(read(`The parties sign below.\n\n${signature.repeat(3)}`).filter((text) => text.startsWith('Name'))).toHaveLength(3);
  });

  it('keeps paragraphs apart that end with a full stop, whatever stands between', () => {
    expect(read('First clause ends here and is long enough to count.\n\n7\n\nSecond clause begins here.')).toHaveLength(2);
  });
});

describe('clauses that run together in one line', () => {
  const filler = 'The parties have agreed on this after long talks, and each has had the advice of lawyers of its own choice in all of it.';
  const clauses = (text: string) => segment(readText(Buffer.from(text)).paragraphs).map(({ ref }) => ref);

  it('are parted at the numbers that come next', () => {
    expect(
      clauses(`1. Fees. ${filler} 2. LICENSE 2.1 Grant. ${filler} 2.2 Limits. ${filler} (a) Notice. ${filler} 3. Term. ${filler}`),
    ).toEqual(['Clause 1', 'Clause 2.1', 'Clause 2.2', 'Clause 2.2(a)', 'Clause 3']);
  });

  it('are not parted at references, amounts and versions', () => {
    expect(
      clauses(
        `1. Fees. ${filler} They follow from Section 2.1 Of the order. Version 2.0 The second. 12 Months later 4.5 Million are due. ${filler}`,
      ),
    ).toEqual(['Clause 1']);
  });
});
