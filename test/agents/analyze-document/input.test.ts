import { describe, expect, it } from '@jest/globals';
import { AnalyzeDocumentAgent } from '../../../src/agents/analyze-document/analyze-document.agent.js';
import { runAgent } from '../../support/run-agent.js';

const good = { document_url: 'https://a.test/contract.txt', analysis_type: 'ip_clauses' };

describe('the input of analyze-document', () => {
  it.each([
    ['without a document_url', { analysis_type: 'ip_clauses' }, 'document_url'],
    ['with a document_url that is not text', { ...good, document_url: 7 }, 'document_url'],
    ['with an endless document_url', { ...good, document_url: `https://a.test/${'x'.repeat(2_100)}` }, 'document_url'],
    ['without an analysis_type', { document_url: 'https://a.test/' }, 'analysis_type'],
    ['with an unknown analysis_type', { ...good, analysis_type: 'everything' }, 'analysis_type'],
    ['with a playbook that is not text', { ...good, playbook: { version: 1 } }, 'playbook'],
    [
      'with a playbook that has a mistake',
      { ...good, playbook: 'version: 1\nname: x\ncategories: { license_grant: {} }' },
      'categories.license_grant.standard',
    ],
    ['with an endless playbook', { ...good, playbook: `# ${'x'.repeat(70_000)}` }, 'playbook'],
    ['with a field it does not know', { ...good, colour: 'blue' }, 'colour'],
  ])('is refused %s', async (_what, input, field) => {
    await expect(runAgent(AnalyzeDocumentAgent, input)).rejects.toThrow(field);
  });

  it('may bring a playbook, which then decides what deviates and what is missing', async () => {
    const playbook = `
version: 1
name: Ours
categories:
  license_grant:
    standard: Licenses are for software only.
    deviations:
      - { id: beyond-software, severity: high, why: Ünderwise it is too wide., match: ['bicycle'] }
  joint_ip_ownership:
    standard: We own together.
    missing: { severity: low, why: We like company. }
`;
    const { result } = await runAgent(
      AnalyzeDocumentAgent,
      { ...good, playbook },
      { download: () => '1. License. Licensor hereby grants to Licensee a license to use the licensed bicycle software.' },
    );
    expect(result.discrepancies.map(({ clause_ref, severity, why }) => [clause_ref, severity, why])).toEqual([
      ['Clause 1', 'high', 'Ünderwise it is too wide.'],
      [null, 'low', 'We like company.'],
    ]);
  });

  it('names the field that is a URL to download', () => {
    expect(new AnalyzeDocumentAgent().documentUrls).toEqual(['document_url']);
  });
});
