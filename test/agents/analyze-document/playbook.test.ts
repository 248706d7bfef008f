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

function findDiscrepancies(clauses: FoundClause[], playbook: Playbook) {
  return settle({ found: clauses, ...compare(clauses, playbook) }, []).discrepancies;
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

  it('reports clauses that are missing, without a clause or words', async () => {
    const missing = findDiscrepancies([], await readPlaybook());
    expect(missing.map(({ category, clause_ref, found: words }) => ({ category, clause_ref, words }))).toEqual([
      { category: 'ip_ownership_assignment', clause_ref: null, words: null },
      { category: 'license_grant', clause_ref: null, words: null },
      { category: 'source_code_escrow', clause_ref: null, words: null },
    ]);
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
    ['match', small("{ id: a, severity: low, why: x, match: ['('] }")],
    ['why', small("{ id: a, severity: low, match: ['x'] }")],
    ['categories.license_grant.deviations[0].wy: unknown field', small("{ id: a, severity: low, wy: x, match: ['x'] }")],
    ['categories.license_grants: unknown field', 'version: 1\nname: x\ncategories: { license_grants: { standard: x } }'],
    ['not YAML', 'version: [1'],
  ])('%s', (place, text) => {
    expect(() => parsePlaybook(text)).toThrow(place);
  });
});
