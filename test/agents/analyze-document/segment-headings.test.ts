import { describe, expect, it } from '@jest/globals';
import type { Clause } from '../../../src/agents/analyze-document/analysis.js';
import { readHtml } from '../../../src/agents/analyze-document/read/read-html.js';
import { readText } from '../../../src/agents/analyze-document/read/read-text.js';
import { segment } from '../../../src/agents/analyze-document/segment/segment.js';

const grant = 'Licensor hereby grants to Licensee a license to use the Software during the term of this Agreement.';
const assignment = 'Contractor hereby assigns to Company all right, title and interest in and to the Work Product.';

function headings(...paragraphs: string[]): (string | null)[][] {
  return namesOf(segment(readText(Buffer.from(paragraphs.join('\n\n'))).paragraphs));
}

function namesOf(clauses: readonly Clause[]): (string | null)[][] {
  return clauses.map(({ ref, heading }) => [ref, heading]);
}

describe('headings set like sentences', () => {
  it('are known by what is numbered below them', () => {
    expect(headings('1. Grant of licence', `1.1 ${grant}`, '2. Intellectual property rights', `(a) ${assignment}`)).toEqual([
      ['Clause 1.1', 'Grant of licence'],
      ['Clause 2(a)', 'Intellectual property rights'],
    ]);
    expect(headings('1. Grant of licence', grant)).toEqual([['Clause 1', null]]);
    expect(headings('1. The parties agree on this', `1.1 ${grant}`)).toEqual([
      ['Clause 1', null],
      ['Clause 1.1', null],
    ]);
  });

  it('are known by the sentence that follows them, when they have no verb', () => {
    expect(headings(`1. Ownership of work product. ${assignment}`, `2. Restrictions on use: ${grant}`)).toEqual([
      ['Clause 1', 'Ownership of work product'],
      ['Clause 2', 'Restrictions on use'],
    ]);
    const sentences = [
      'Supplier provides hosting',
      'You own it',
      'The year runs from May',
      'Hosting by people of Acme Inc',
      'See 2020 report',
      'One way device 2',
    ];
    for (const sentence of sentences) expect(headings(`1. ${sentence}. ${grant}`)).toEqual([['Clause 1', null]]);
  });

  it('are known by being set apart, and end what stands above them', () => {
    const html = `<h2>1. Your licence to us</h2><p>${grant}</p><h2>What you can do</h2><p>${grant}</p><ol type="a"><li>${assignment}</li></ol><h2>Who owns what</h2><p>${assignment}</p>`;
    expect(namesOf(segment(readHtml(Buffer.from(`<html><body>${html}</body></html>`)).paragraphs))).toEqual([
      ['Clause 1', 'Your licence to us'],
      ['Paragraph 3', 'What you can do'],
      ['Clause 1(a)', 'What you can do'],
      ['Paragraph 6', 'Who owns what'],
    ]);
  });
});

describe('numbers without a dot', () => {
  it('are clauses where they come next and have a heading', () => {
    expect(
      headings('LICENCE AGREEMENT', '1 Definitions used', `1.1 ${grant}`, '2 Licence', grant, `(a) ${grant}`, `3 Rights. ${assignment}`),
    ).toEqual([
      ['Clause 1.1', 'Definitions used'],
      ['Clause 2', 'Licence'],
      ['Clause 2(a)', 'Licence'],
      ['Clause 3', 'Rights'],
    ]);
    expect(headings('1 FEES', grant, '2 IPR', assignment, "3 CUSTOMER'S LICENCE", grant, '4 LICENCE (SOFTWARE)', grant)).toEqual([
      ['Clause 1', 'FEES'],
      ['Clause 2', 'IPR'],
      ['Clause 3', "CUSTOMER'S LICENCE"],
      ['Clause 4', 'LICENCE (SOFTWARE)'],
    ]);
  });

  it('need no heading when a mark sets them off', () => {
    expect(headings(`1. ${grant}`, `2: ${assignment}`, `3 - ${grant}`, `[4] ${assignment}`).map(([ref]) => ref)).toEqual([
      'Clause 1',
      'Clause 2',
      'Clause 3',
      'Clause 4',
    ]);
  });

  it('are no clauses in the middle of something else', () => {
    expect(headings('1 Main Street', grant)[0]).toEqual(['Paragraph 1', null]);
    expect(headings(`1. ${grant}`, '15 Users', assignment).map(([ref]) => ref)).toEqual(['Clause 1']);
    expect(headings(`1. ${grant}`, `2 Licensees may use it.`).map(([ref]) => ref)).toEqual(['Clause 1']);
  });
});
