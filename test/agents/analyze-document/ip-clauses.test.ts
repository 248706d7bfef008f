import { describe, expect, it } from '@jest/globals';
import type { Category, Clause } from '../../../src/agents/analyze-document/analysis.js';
import { RuleFinder } from '../../../src/agents/analyze-document/find/find-by-rules.js';

function categoriesOf(body: string): Category[] {
  const clause: Clause = { ref: 'Clause 1', heading: null, page: null, start: 0, end: body.length, text: body, body };
  return new RuleFinder().find([clause]).flatMap(({ excerpts }) => excerpts.map(({ category }) => category));
}

const marked: [Category, string][] = [
  ['ip_ownership_assignment', 'Consultant hereby assigns to the Company all right, title and interest in the inventions.'],
  ['ip_ownership_assignment', 'The software shall be deemed a work made for hire for the Company under the copyright act.'],
  [
    'ip_ownership_assignment',
    'Any improvements developed by Contractor shall be the sole and exclusive property of Customer, with all patents.',
  ],
  ['joint_ip_ownership', 'Inventions made by employees of both parties shall be jointly owned by the parties.'],
  ['license_grant', 'Licensor hereby grants to Licensee a non-exclusive license to use the trademarks in the territory.'],
  ['license_grant', 'Distributor is hereby permitted to use the logos of Company in its advertising.'],
  ['non_transferable_license', 'The license granted to Customer under this section is personal and non-transferable.'],
  ['affiliate_license_licensor', 'Parent, on behalf of itself and its Affiliates, hereby grants to Buyer a license under the patents.'],
  ['affiliate_license_licensee', 'Owner grants to Licensee and its Affiliates a license to use the know-how.'],
  ['unlimited_license', 'Vendor grants a license for an unlimited number of users of the software.'],
  ['irrevocable_or_perpetual_license', 'Author grants Publisher a perpetual license to use the photographs and other works.'],
  ['source_code_escrow', 'Licensor shall place the source code with an escrow agent acceptable to both parties.'],
  ['covenant_not_to_sue', 'Licensee shall not at any time contest the validity of the licensed patents.'],
  ['covenant_not_to_sue', 'Each party covenants not to sue the other for infringement of its patents.'],
];

const unmarked = [
  'Each party shall keep the confidential information of the other party secret and shall not disclose it to any third party.',
  'Neither party may assign this Agreement without the prior written consent of the other party.',
  'Supplier warrants that it has the right to grant the licenses in this Agreement.',
  'No license is granted by implication, estoppel or otherwise under any patent of either party.',
  'The purchase price shall be paid into an escrow account held by the bank.',
  'Customer irrevocably submits to the jurisdiction of the courts of Maine.',
  '“Intellectual Property” means patents, copyrights, trademarks and licenses granted in respect of them.',
  'WHEREAS, Licensor desires to grant to Licensee a license to use the software;',
  'The Company shall grant to the Executive an option to buy shares of common stock.',
  'Tenant shall obtain every business license and permit that the law requires for its use of the premises.',
];

describe('the rules', () => {
  it.each(marked)('mark %s: %s', (category, sentence) => {
    expect(categoriesOf(sentence)).toContain(category);
  });

  it.each(unmarked)('leave alone: %s', (sentence) => {
    expect(categoriesOf(sentence)).toEqual([]);
  });

  it('quote the sentence that carries the finding and not its neighbours', () => {
    const body = 'The fees are stated in Exhibit A. Licensor hereby grants to Licensee a license to use the software. Taxes are extra.';
    const [found] = new RuleFinder().find([{ ref: 'Clause 1', heading: null, page: 1, start: 0, end: body.length, text: body, body }]);
    expect(found?.excerpts.map(({ text }) => text)).toEqual(['Licensor hereby grants to Licensee a license to use the software.']);
  });

  it('stay fast on text made to make patterns backtrack', () => {
    const started = performance.now();
    categoriesOf(`Licensor grants ${'a right to use and '.repeat(3_000)}`);
    categoriesOf(`${'not contest, '.repeat(4_000)} patents`);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
