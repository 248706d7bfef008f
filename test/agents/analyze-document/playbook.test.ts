import { describe, expect, it } from '@jest/globals';
import { type Category, categories, type FoundClause } from '../../../src/agents/analyze-document/analysis.js';
import { compare } from '../../../src/agents/analyze-document/compare/compare.js';
import { type Playbook, parsePlaybook, readPlaybook } from '../../../src/agents/analyze-document/compare/playbook.js';
import { settle } from '../../../src/agents/analyze-document/review/settle.js';

function found(category: Category, ...sentences: string[]): FoundClause {
  const text = sentences.join(' ');
  return {
    clause: { ref: 'Clause 1', heading: null, page: 1, start: 0, end: text.length, text, body: text },
    excerpts: sentences.map((sentence) => ({ category, sentence, text: sentence, confidence: 0.9, doubtful: false })),
  };
}

function findDiscrepancies(clauses: FoundClause[], playbook: Playbook, text = '') {
  return settle({ found: clauses, ...compare(clauses, [{ text, page: null, prominent: false }], playbook) }, []).discrepancies;
}

const small = (deviation: string) => `
version: 1
name: test
categories:
  license_grant:
    standard: Licenses are non-exclusive.
    deviations:
      - ${deviation}
`;

describe('the playbook that comes with the agent', () => {
  it('has a position on every category and an id of its own for every deviation', async () => {
    const playbook = await readPlaybook();
    expect(playbook.positions.map(({ category }) => category)).toEqual([...categories]);
    const ids = playbook.positions.flatMap(({ deviations }) => deviations.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('finds nothing to say about a clause that is as usual', async () => {
    const usual = found(
      'ip_ownership_assignment',
      'Supplier hereby assigns to Customer all right, title and interest in the Deliverables.',
    );
    const aboutIt = findDiscrepancies([usual], await readPlaybook()).filter(({ clause_ref }) => clause_ref !== null);
    expect(aboutIt).toEqual([]);
  });

  it('quotes the words that deviate and says why', async () => {
    const sentence = 'Contractor agrees to assign the inventions to Customer.';
    expect(findDiscrepancies([found('ip_ownership_assignment', sentence)], await readPlaybook())).toContainEqual({
      category: 'ip_ownership_assignment',
      severity: 'medium',
      clause_ref: 'Clause 1',
      standard: expect.stringContaining('present assignment'),
      found: sentence,
      why: expect.stringContaining('promise'),
    });
  });

  const idsOf = async (category: Category, sentence: string) => {
    const { positions } = await readPlaybook();
    const whys = findDiscrepancies([found(category, sentence)], await readPlaybook()).flatMap(({ clause_ref, why }) =>
      clause_ref ? [why] : [],
    );
    return positions.flatMap(({ deviations }) => deviations.filter(({ why }) => whys.includes(why)).map(({ id }) => id));
  };

  it.each<[Category, string, string[]]>([
    ['covenant_not_to_sue', 'Each party covenants not to sue the other for infringement of its patents.', ['gives-up-claims']],
    ['covenant_not_to_sue', 'Nothing in this Agreement is a covenant not to sue, and Customer may challenge the patents.', []],
    ['covenant_not_to_sue', 'Seller has not granted any license or covenant not to sue under the patents.', []],
    ['covenant_not_to_sue', 'Seller warrants that it is party to no covenant not to sue.', []],
    ['license_grant', 'Owner grants to User an exclusive worldwide license to use the marks.', ['exclusive-license']],
    [
      'license_grant',
      'Owner grants to User an exclusive (even as to Owner), royalty-bearing license under the patents.',
      ['exclusive-license'],
    ],
    ['license_grant', 'Owner grants an exclusive license to the marks and a non-exclusive license to the software.', ['exclusive-license']],
    ['license_grant', 'Owner grants to User a non-exclusive license to use the software.', []],
    ['license_grant', 'User has the right to grant exclusive or non-exclusive sublicenses.', []],
    ['license_grant', 'Owner grants a license to the software, which is the exclusive property of Owner.', []],
    ['license_grant', 'Owner grants a license to the marks and retains the right to use them for any purpose.', []],
    // as Word and typesetters write hyphens and dashes
    ['license_grant', 'Owner grants to User a non‑exclusive license to use the software.', []],
    ['license_grant', 'Owner grants to User a non–exclusive license to use the software.', []],
    ['license_grant', 'Owner grants to User a non-exclusive licence to use the software exclusively for its own purposes.', []],
    ['license_grant', 'Owner grants a non-exclusive license to the marks and has the exclusive right to enforce them.', []],
    [
      'joint_ip_ownership',
      'The results are jointly owned, and neither party may license them without the consent of the other.',
      ['joint-ownership'],
    ],
    [
      'joint_ip_ownership',
      'The results are jointly owned, and each may use them without accounting to the other.',
      ['no-consent-or-accounting'],
    ],
    ['ip_ownership_assignment', 'Supplier hereby assigns all rights in the work, effective on creation and regardless of payment.', []],
    ['ip_ownership_assignment', 'Supplier hereby assigns all rights in the work upon receipt of full payment.', ['conditional-on-payment']],
    ['ip_ownership_assignment', 'All inventions vest in the Company and shall not be the property of Contractor.', []],
    ['irrevocable_or_perpetual_license', 'Supplier grants to Customer a perpetual license to the work and to Customer Data in it.', []],
    [
      'irrevocable_or_perpetual_license',
      'Client grants to Vendor a perpetual license to use Client Materials.',
      ['perpetual-license-of-customer-material'],
    ],
    ['covenant_not_to_sue', 'Licensee shall never contest the validity of the patents.', ['no-challenge']],
    [
      'joint_ip_ownership',
      'The results are jointly owned, and neither party shall have any duty to account to the other.',
      ['no-consent-or-accounting'],
    ],
  ])('of %s says about "%s": %j', async (category, sentence, ids) => {
    expect(await idsOf(category, sentence)).toEqual(ids);
  });

  it('reports clauses that are missing, without a clause or words, where the document gives reason to expect them', async () => {
    const playbook = await readPlaybook();
    expect(findDiscrepancies([], playbook, 'Each party keeps the Confidential Information of the other secret.')).toEqual([]);
    const missing = findDiscrepancies([], playbook, 'The Deliverables contain the Software and its source code.');
    expect(missing.map(({ category, clause_ref, found: words }) => ({ category, clause_ref, words }))).toEqual([
      { category: 'ip_ownership_assignment', clause_ref: null, words: null },
      { category: 'license_grant', clause_ref: null, words: null },
      { category: 'source_code_escrow', clause_ref: null, words: null },
    ]);
  });

  it('meets plain quotation marks, whatever is typed or printed', () => {
    const playbook = parsePlaybook(small("{ id: a, severity: low, why: x, match: ['customer’s cost'] }"));
    for (const mark of ["'", '’'])
      expect(findDiscrepancies([found('license_grant', `A license at Customer${mark}s cost.`)], playbook)).toHaveLength(1);
  });

  it('makes a point about a clause once, however many sentences deviate', async () => {
    const twice = found('unlimited_license', 'The number of users is unlimited.', 'The number of copies is unlimited as well.');
    const points = findDiscrepancies([twice], await readPlaybook()).filter(({ clause_ref }) => clause_ref !== null);
    expect(points).toHaveLength(1);
  });
});

describe('a playbook that is not right is refused with the place of the mistake', () => {
  it.each([
    ['version', 'version: 2\nname: x\ncategories: {}'],
    ['categories.trademarks', 'version: 1\nname: x\ncategories: { trademarks: { standard: x } }'],
    ['severity', small("{ id: a, severity: grave, why: x, match: ['x'] }")],
    ['match', small('{ id: a, severity: low, why: x }')],
    ['match[1]: not a regular expression (Unterminated group)', small("{ id: a, severity: low, why: x, match: ['x', '('] }")],
    ['why', small("{ id: a, severity: low, match: ['x'] }")],
    ['categories.license_grant.deviations[0].wy: unknown field', small("{ id: a, severity: low, wy: x, match: ['x'] }")],
    ['categories.license_grants: unknown field', 'version: 1\nname: x\ncategories: { license_grants: { standard: x } }'],
    [
      'categories.license_grant.missing.when[0]: not a regular expression',
      "version: 1\nname: x\ncategories: { license_grant: { standard: x, missing: { severity: low, why: x, when: ['('] } } }",
    ],
    ['deviations[0].match[0]: must be text', small("{ id: a, severity: low, why: x, match: [''] }")],
    ['version must be the number 1, without quotation marks', 'version: "1"'],
    ['not YAML: Flow sequence', 'version: [1'],
    ['not YAML: Unresolved alias', 'version: *one'],
    ['not YAML: the field name stands twice, at line 3 again', 'version: 1\nname: x\nname: y'],
    ['nested too deeply', `version: ${'['.repeat(60_000)}`],
  ])('%s', (place, text) => {
    expect(() => parsePlaybook(text)).toThrow(place);
  });

  it('without a word to the log', () => {
    const warned: unknown[] = [];
    const note = (warning: Error) => warned.push(warning);
    const { emitWarning } = process;
    process.emitWarning = note as typeof emitWarning;
    try {
      parsePlaybook(small("{ id: a, severity: low, why: !!js/function x, match: ['x'] }"));
    } finally {
      process.emitWarning = emitWarning;
    }
    expect(warned).toEqual([]);
  });
});
