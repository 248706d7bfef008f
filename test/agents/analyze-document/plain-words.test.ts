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
    ['ip_ownership_assignment', 'The Supplier hereby assigns the Foreground IPRs to the Customer.'],
    ['ip_ownership_assignment', 'Upon full payment of the Fees, title to the Deliverables, including all copyrights, passes to Client.'],
    ['ip_ownership_assignment', 'Ownership of all New IP vests in the Buyer immediately on creation.'],
    ['joint_ip_ownership', 'Each party shall have an undivided one-half interest in all Joint Developments.'],
    ['license_grant', 'Customer grants Supplier a licence to use Customer Materials for the purpose of providing the Services.'],
    ['license_grant', 'The Software is licensed, not sold, to you for use only under the terms of this License.'],
    ['license_grant', 'Customer and its Authorized Users may access and use the Service in accordance with the Documentation.'],
    ['non_transferable_license', 'The licence is non-transferable.'],
    ['affiliate_license_licensor', 'Licensor shall cause its Affiliates to grant to Licensee a license under the Affiliate Patents.'],
    ['affiliate_license_licensee', 'Provider grants Customer and its Affiliates a non-exclusive right to use the Service.'],
    ['affiliate_license_licensee', "The license extends to Customer's subsidiaries and affiliates."],
    ['affiliate_license_licensee', 'Provider grants Customer and its aﬃliates a right to use the Service.'],
    ['unlimited_license', 'Customer may make an unlimited number of copies of the Software.'],
    ['irrevocable_or_perpetual_license', 'The license granted is perpetual and irrevocable.'],
    ['irrevocable_or_perpetual_license', 'Supplier grants Customer a perpetual licence to use the Deliverables.'],
    ['irrevocable_or_perpetual_license', 'This license shall be irrevocable and shall survive termination for any reason.'],
    ['covenant_not_to_sue', 'Each party covenants that it will not sue the other for infringement of its Patents.'],
    ['covenant_not_to_sue', 'You agree not to bring any intellectual property infringement claim against us.'],
  ])('is found as %s: %s', (category, sentence) => {
    expect(categoriesOf(sentence)).toContain(category);
  });

  it.each([
    'Supplier shall own all of its pre-existing rights that the Deliverables contain.',
    'Each party shall own all rights in the Work Product that it makes.',
    'The Customer may use, copy and modify the Software if it has paid for it.',
    'Members may use the gym and the swimming pool during opening hours.',
    'Receiving Party shall use Confidential Information only to evaluate the Transaction.',
    'Borrower grants Lender a perpetual easement over the property and an irrevocable power of attorney.',
  ])('is not taken for more than it says: %s', (sentence) => {
    expect(categoriesOf(sentence)).toEqual([]);
  });
});
