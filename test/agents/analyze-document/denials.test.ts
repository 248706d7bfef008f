import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Category } from '../../../src/agents/analyze-document/analysis.js';
import { ModelFinder } from '../../../src/agents/analyze-document/find/model-finder.js';

let finder: ModelFinder;

beforeAll(async () => {
  finder = await ModelFinder.load();
});

/** Doubtful ones as well: of what is denied nobody needs to be asked. */
function categoriesOf(body: string): Category[] {
  const clause = { ref: 'Clause 1', heading: null, page: null, start: 0, end: body.length, text: body, body };
  return finder.find([clause]).flatMap(({ excerpts }) => excerpts.map(({ category }) => category));
}

describe('what a sentence denies', () => {
  it.each([
    'Supplier is under no obligation to place the source code of the Software in escrow.',
    'No source code escrow is provided under this Agreement.',
    'The source code of the Software shall not be deposited with any escrow agent.',
    'The Company shall hold the shares of the software subsidiary in escrow.',
    'Supplier does not grant Customer a perpetual license to use the Software.',
    'This Agreement does not grant an unlimited license to use the Software.',
    'No joint ownership of any intellectual property shall arise under this Agreement.',
    'The parties do not intend to create any jointly owned intellectual property under this Agreement.',
    'Nothing herein shall be construed as a covenant not to sue under any patent.',
  ])('is no finding: %s', (sentence) => {
    expect(categoriesOf(sentence)).toEqual([]);
  });

  it.each<[Category, string]>([
    ['license_grant', 'Licensor hereby grants to Licensee a license to use the Software, which does not include the right to modify it.'],
    ['source_code_escrow', 'No later than thirty days after signing, Licensor shall deposit the source code with the escrow agent.'],
    ['covenant_not_to_sue', 'Licensee shall not contest the validity of the Licensed Patents.'],
  ])('leaves what is beside it: %s in "%s"', (category, sentence) => {
    expect(categoriesOf(sentence)).toContain(category);
  });
});

describe('a license of affiliates', () => {
  const grant = 'a non-exclusive license to use the Software';

  it('is from them where they grant, and to them where they are granted it', () => {
    expect(categoriesOf(`Licensor, on behalf of itself and its Affiliates, hereby grants to Licensee ${grant}.`)).toContain(
      'affiliate_license_licensor',
    );
    const toThem = categoriesOf(`Licensor hereby grants to Licensee and its Affiliates ${grant}.`);
    expect(toThem).toContain('affiliate_license_licensee');
    expect(toThem).not.toContain('affiliate_license_licensor');
  });
});
