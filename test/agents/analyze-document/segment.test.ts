import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Clause } from '../../../src/agents/analyze-document/analysis.js';
import { readText } from '../../../src/agents/analyze-document/read/read-text.js';
import { segment } from '../../../src/agents/analyze-document/segment/segment.js';
import { splitSentences } from '../../../src/agents/analyze-document/segment/sentences.js';

function clauses(...paragraphs: string[]): Clause[] {
  return segment(readText(Buffer.from(paragraphs.join('\n\n'))).paragraphs);
}

function refs(...paragraphs: string[]): string[] {
  return clauses(...paragraphs).map(({ ref }) => ref);
}

describe('segmentation', () => {
  it('names clauses as their document numbers them', () => {
    expect(
      refs('1. Fees. Customer shall pay the fees.', '1.1 Invoices. Supplier shall send invoices.', '1.1.2 Late fees bear interest.'),
    ).toEqual(['Clause 1', 'Clause 1.1', 'Clause 1.1.2']);
    expect(refs('ARTICLE IV', 'OWNERSHIP', 'Everything belongs to the Company.', 'Section 7.2 Grant. Licensor grants a license.')).toEqual([
      'Article IV',
      'Section 7.2',
    ]);
    expect(refs('§ 3 Term. This Agreement lasts a year.', 'Clause 9.1: The Seller shall deliver.')).toEqual(['Section 3', 'Clause 9.1']);
  });

  it('gives items refs below their clause, nested as deep as they are', () => {
    expect(
      refs(
        '7.2 Use. The parties agree on the following points.',
        '(a) The first item stands alone.',
        '(i) Its first part is whole.',
        '(ii) Its second part too.',
        '(b) The second item stands alone.',
      ),
    ).toEqual(['Clause 7.2', 'Clause 7.2(a)', 'Clause 7.2(a)(i)', 'Clause 7.2(a)(ii)', 'Clause 7.2(b)']);
  });

  it('keeps items together that go on with one sentence', () => {
    const [clause] = clauses(
      '2. License. Licensor grants to Licensee the right to:',
      '(a) copy the Software;',
      '(b) use the Software; and',
      '(c) Modify the Software.',
    );
    expect(clause?.ref).toBe('Clause 2');
    expect(clause?.text.split('\n')).toHaveLength(4);
  });

  it('takes headings from the clause, from the line below its number, or from what it stands under', () => {
    expect(
      clauses('1. INTELLECTUAL PROPERTY', '1.1 Each party keeps what it has.', '2. Term. One year.', '2.1 It may be extended.').map(
        ({ heading }) => heading,
      ),
    ).toEqual(['INTELLECTUAL PROPERTY', 'Term', 'Term']);
    expect(clauses('ARTICLE 5', 'License Grant', 'Licensor grants a license.')[0]).toMatchObject({
      ref: 'Article 5',
      heading: 'License Grant',
    });
  });

  it('counts paragraphs where there are no numbers', () => {
    expect(
      clauses('GRANT OF RIGHTS', 'The author grants the publisher the right to print.', 'The publisher shall print well.'),
    ).toMatchObject([
      { ref: 'Paragraph 1', heading: 'GRANT OF RIGHTS' },
      { ref: 'Paragraph 3', heading: 'GRANT OF RIGHTS' },
    ]);
  });

  it('starts numbers anew in exhibits and counts names that come up twice', () => {
    expect(
      refs('1. Term. It lasts a year.', 'Exhibit B. Service Levels', '1. Uptime. The service is up.', '1. Support. Help is given.'),
    ).toEqual(['Clause 1', 'Exhibit B, Clause 1', 'Exhibit B, Clause 1 (2)']);
  });

  it('does not take references, amounts or contents for numbers', () => {
    expect(refs('1. Payment. As set out in Section\n7.2 Customer pays.\nSection 4 of the Act applies to it.')).toEqual(['Clause 1']);
    expect(refs('1. Scope ........ 4', '2. Term ......... 5', '1. Scope. This is the text.')).toEqual(['Clause 1']);
    expect(refs('12.5 million dollars are due on signing.')).toEqual(['Paragraph 1']);
  });

  it('gives every clause a ref of its own, and loses no words of the body, whatever the text', () => {
    const piece = fc.constantFrom(
      '1. ',
      '1.1 ',
      '(a) ',
      '(i) ',
      'ARTICLE II ',
      'Section 3. ',
      'Exhibit A ',
      'Supplier grants rights.',
      'TITLE',
      'and so on;',
      '\n',
      '\n\n',
      'Inc. ',
      '“',
      '...',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string())), (pieces) => {
        const found = segment(readText(Buffer.from(pieces.join(''))).paragraphs);
        expect(new Set(found.map(({ ref }) => ref)).size).toBe(found.length);
        for (const { body } of found) expect(splitSentences(body).join(' ').split(/\s+/)).toEqual(body.trim().split(/\s+/));
      }),
    );
  });
});

describe('sentences', () => {
  it('do not end at abbreviations and initials', () => {
    expect(splitSentences('Acme Inc. and J. Doe of the U.S. Navy agree, e.g. on price. They sign.')).toEqual([
      'Acme Inc. and J. Doe of the U.S. Navy agree, e.g. on price.',
      'They sign.',
    ]);
  });

  it('reach over the lines of a list', () => {
    expect(splitSentences('Licensor grants the right to:\n(a) copy; and\n(b) use it.\nFees are due.')).toHaveLength(2);
  });
});
