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
    ['with a field it does not know', { ...good, colour: 'blue' }, 'colour'],
  ])('is refused %s', async (_what, input, field) => {
    await expect(runAgent(AnalyzeDocumentAgent, input)).rejects.toThrow(field);
  });

  it('names the field that is a URL to download', () => {
    expect(new AnalyzeDocumentAgent().documentUrls).toEqual(['document_url']);
  });
});
