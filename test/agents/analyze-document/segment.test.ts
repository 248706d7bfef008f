import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Clause } from '../../../src/agents/analyze-document/analysis.js';
import { readText } from '../../../src/agents/analyze-document/read/read-text.js';
import { textOf } from '../../../src/agents/analyze-document/segment/place-paragraphs.js';
import { quote } from '../../../src/agents/analyze-document/segment/quote.js';
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

  it('knows numbers with letters, numbers in words, and numbers with their item', () => {
    expect(
      refs(
        'SECTION TWO. Fees. Customer pays.',
        'Article Four - Term. It lasts a year.',
        'Section 4A. More. Customer pays more.',
        '4A.1 Customer pays at once.',
        'SECTION II.1 Fees. Customer pays again.',
        'Section II.2(a) Customer pays for all.',
        '7.3(b) Customer pays in full.',
        '(c) Customer pays in gold.',
        '10.1.a) Nobody pays twice.',
        '10.2 iPay sends invoices.',
        '12A. Notices. They are in writing.',
        '12B. Waiver. There is none.',
        'Art. 13 – Law. It is that of the seller.',
      ),
    ).toEqual([
      'Section TWO',
      'Article Four',
      'Section 4A',
      'Clause 4A.1',
      'Section II.1',
      'Section II.2(a)',
      'Clause 7.3(b)',
      'Clause 7.3(c)',
      'Clause 10.1(a)',
      'Clause 10.2',
      'Clause 12A',
      'Clause 12B',
      'Article 13',
    ]);
  });

  it('takes the heading of a clause from below a number that stands alone', () => {
    expect(
      clauses('2. Rights. Each keeps its own.', 'b.', 'Use of Marks. Customer may use the marks.', 'c.', 'Nothing else is agreed.'),
    ).toMatchObject([
      { ref: 'Clause 2' },
      { ref: 'Clause 2(b)', heading: 'Use of Marks', body: 'Customer may use the marks.' },
      { ref: 'Clause 2(c)', heading: 'Rights' },
    ]);
    expect(clauses('1. Scope. It is small.', 'Exhibit A', 'Prices. They are fair.')[1]).toMatchObject({ body: 'Prices. They are fair.' });
  });

  it('finds the number of a clause under a drawn line, but no letter there', () => {
    const line = '-'.repeat(60);
    expect(clauses(`${line} 7.0 Goods`, 'Supplier sends them.', `${line} J. Example`)).toMatchObject([
      { ref: 'Clause 7.0', heading: 'Goods' },
    ]);
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
    expect(refs('1. Use. It has parts.', 'i) The first part is whole.', 'ii) The second is, too.', 'iii) So is the third.')).toEqual([
      'Clause 1',
      'Clause 1(i)',
      'Clause 1(ii)',
      'Clause 1(iii)',
    ]);
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

  it('takes no clause and no exhibit from a table of contents', () => {
    const body = ['1. Scope', '1.1 Supplier sends what is ordered.', '2. Fees', '2.1 Customer pays for it.'];
    const entries = [
      '1. Scope 3',
      '1.1 What Is Sent 3',
      '2. Fees 5',
      '2.1 What Is Paid 5',
      'Exhibits',
      'Exhibit A Prices',
      'Exhibit B Hours',
    ];
    const opening = 'This Agreement of the first day of March is made between the two companies that are named below.';
    expect(refs('SUPPLY AGREEMENT', 'TABLE OF CONTENTS', ...entries, 'AGREEMENT', opening, ...body).slice(1)).toEqual([
      'Clause 1.1',
      'Clause 2.1',
    ]);
    // Without text before the first clause its number says where the contents end; page numbers may stand between.
    expect(refs('Contents', ...entries.slice(0, 3), 'ii', '-9-', ...entries.slice(3), ...body)).toEqual(['Clause 1.1', 'Clause 2.1']);
    expect(refs(`TABLE OF CONTENTS Page ${entries.join(' ')}`, opening, ...body).slice(1)).toEqual(['Clause 1.1', 'Clause 2.1']);
    // Nor need a heading say what they are, when their page numbers do; those of prices go up and down.
    const bare = ['1. Scope 3', '1.1 What Is Sent 3', '2. Fees 5', '2.1 What Is Paid 5', 'Exhibit A Prices 9', 'Exhibit B Hours 11'];
    expect(refs('SUPPLY AGREEMENT', ...bare, opening, ...body).slice(1)).toEqual(['Clause 1.1', 'Clause 2.1']);
    expect(refs('1. Paper 9', '2. Ink 3', '3. Pens 8', '4. Clips 2', '5. Tape 4', 'Exhibit A Glue 5', opening)).toEqual([
      'Exhibit A, Paragraph 6',
    ]);
    // Two titles are no contents yet, and text is not left out for what stands above it.
    expect(refs('Contents', '1. Scope', '1.1 Supplier sends what is ordered.', '1.2 Nothing else.')).toEqual(['Clause 1.1', 'Clause 1.2']);
    expect(clauses(`Table of Contents 1. Scope 3 2. Fees 5 ${opening.repeat(12)}`)).toHaveLength(1);
  });

  it('makes each paragraph a clause where there is much text under one number', () => {
    const long = (subject: string) => `${subject} ${'keeps what it had before and what it makes of it, '.repeat(8)}without exception.`;
    const found = clauses(`7.2 Rights. ${long('Supplier')}`, long('Customer'), `Use. ${long('Nobody')}`, '7.3 It ends.');
    expect(found.map(({ ref, heading }) => [ref, heading])).toEqual([
      ['Clause 7.2', 'Rights'],
      ['Clause 7.2, Paragraph 2', 'Rights'],
      ['Clause 7.2, Paragraph 3', 'Use'],
      ['Clause 7.3', null],
    ]);
    expect(refs('7.2 Rights. Each keeps its own.', 'Nothing else is agreed.')).toEqual(['Clause 7.2']);
  });

  it('says where in the text of the document each clause stands, also those that start within a line', () => {
    const { paragraphs } = readText(
      Buffer.from(
        `1. Term. It lasts a year.\n\n2. Rights. ${'Each party keeps what it had before. '.repeat(8)}2.1 Use. Customer may use it. 2.2 Copies. Customer may copy it.\n\nIt pays for them.`,
      ),
    );
    const text = textOf(paragraphs);
    const found = segment(paragraphs);
    expect(found.map(({ ref }) => ref)).toEqual(['Clause 1', 'Clause 2', 'Clause 2.1', 'Clause 2.2']);
    expect(found.map(({ start, end }) => text.slice(start, end).trim())).toEqual(found.map((clause) => clause.text));
    expect(found[3]!.end).toBe(text.length);
  });

  it('finds a first sub-clause behind the heading of its clause, also when it begins with a name like iPay', () => {
    const text = `1.0 Payment 1.1 iPay sends invoices. ${'Each of them names what was ordered. '.repeat(6)}2.0 Term 2.1 It lasts a year.`;
    expect(clauses(text).map(({ ref, heading }) => [ref, heading])).toEqual([
      ['Clause 1.1', 'Payment'],
      ['Clause 2.1', 'Term'],
    ]);
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
        const { paragraphs } = readText(Buffer.from(pieces.join('')));
        const found = segment(paragraphs);
        expect(new Set(found.map(({ ref }) => ref)).size).toBe(found.length);
        const text = textOf(paragraphs);
        for (const { start, end, text: own } of found) expect(text.slice(start, end).startsWith(own.split('\n')[0]!)).toBe(true);
        for (const { body } of found) expect(splitSentences(body).join(' ').split(/\s+/)).toEqual(body.trim().split(/\s+/));
      }),
    );
  });
});

describe('sentences', () => {
  it('do not end at what is shortened before a number, nor at titles', () => {
    for (const sentence of [
      'The software ver. 2.0 was filed Jan. 1, 2020 as U.S. Pat. App. No. 12/345,678.',
      'Prof. Smith et al. Patents are licensed under Ref. 77.',
    ])
      expect(splitSentences(sentence)).toEqual([sentence]);
    expect(splitSentences('It ends in Dec. The rest is Vol. Two ends it.')).toHaveLength(3);
  });

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

describe('quoting a clause', () => {
  const filler = (n: number) => `Sentence ${n} ${'says more about fees than anybody wants to read '.repeat(3)}today.`;
  const body = [1, 2, 3, 4, 5, 6, 7, 8].map(filler).join(' ');
  const clause = { text: `7.2 Rights. ${body}`, body };

  it('leaves a short one whole', () => {
    expect(quote({ text: '1. Law. It is short. It ends.', body: 'It is short. It ends.' }, [{ text: 'It ends.' }])).toBe(
      '1. Law. It is short. It ends.',
    );
    const middling = [1, 2, 3, 4].map(filler).join(' ');
    expect(quote({ text: `2. Fees. ${middling}`, body: middling }, [{ text: filler(1) }])).toBe(`2. Fees. ${middling}`);
  });

  it('keeps number, heading, the sentences that matter and their neighbours of a long one, and marks what it leaves out', () => {
    expect(quote(clause, [{ text: filler(4) }])).toBe(`7.2 Rights. […] ${filler(3)} ${filler(4)} […]`);
    expect(quote(clause, [{ text: filler(1) }, { text: filler(8) }])).toBe(`7.2 Rights. ${filler(1)} […] ${filler(8)}`);
    expect(quote({ text: '', body: '' }, [])).toBe('');
  });
});
