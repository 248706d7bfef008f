import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Category } from '../../../src/agents/analyze-document/analysis.js';
import { ModelFinder } from '../../../src/agents/analyze-document/find/model-finder.js';

let finder: ModelFinder;

beforeAll(async () => {
  finder = await ModelFinder.load();
});

function categoriesOf(body: string): Category[] {
  const clause = { ref: 'Clause 1', heading: null, page: null, start: 0, end: body.length, text: body, body };
  return finder.find([clause]).flatMap(({ excerpts }) => excerpts.filter(({ doubtful }) => !doubtful).map(({ category }) => category));
}

describe('what is said in plain words', () => {
  it.each<[Category, string]>([
    ['ip_ownership_assignment', 'The Company shall own all right, title and interest in the Work Product.'],
    ['ip_ownership_assignment', 'The Customer shall own all intellectual property rights in the Deliverables.'],
    ['ip_ownership_assignment', 'All intellectual property rights in the Deliverables shall vest in the Customer upon creation.'],
    ['ip_ownership_assignment', 'All Work Product shall be the sole and exclusive property of the Customer.'],
    ['license_grant', 'The Customer may use, copy and modify the Software.'],
  ])('is found as %s: %s', (category, sentence) => {
    expect(categoriesOf(sentence)).toContain(category);
  });

  it.each([
    'Supplier shall own all of its pre-existing rights that the Deliverables contain.',
    'Each party shall own all rights in the Work Product that it makes.',
    'The Customer may use, copy and modify the Software if it has paid for it.',
  ])('is not taken for more than it says: %s', (sentence) => {
    expect(categoriesOf(sentence)).toEqual([]);
  });
});
