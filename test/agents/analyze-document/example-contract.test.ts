import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { expectedDiscrepancies, expectedIpClauses, expectedPages } from '../../../examples/contract/expected.js';
import { AnalyzeDocumentAgent } from '../../../src/agents/analyze-document/analyze-document.agent.js';
import { runAgent } from '../../support/run-agent.js';

const pdf = new URL('../../../examples/contract/master-services-agreement.pdf', import.meta.url);
const input = { document_url: 'https://a.test/contract.pdf', analysis_type: 'ip_clauses' };

describe('the example contract', () => {
  it('gives exactly the clauses and discrepancies a reader finds', async () => {
    const { result } = await runAgent(AnalyzeDocumentAgent, input, { download: async () => readFile(pdf) });
    expect(result.ip_clauses).toEqual(expectedIpClauses);
    expect(result.discrepancies.map(({ category, clause_ref, severity }) => ({ category, clause_ref, severity }))).toEqual(
      expectedDiscrepancies,
    );
    expect(result.document).toMatchObject({ pages: expectedPages, title: 'Master Software Development and Services Agreement' });
  });

  it('quotes in each excerpt and discrepancy words that stand in the clause', async () => {
    const { result } = await runAgent(AnalyzeDocumentAgent, input, { download: async () => readFile(pdf) });
    const texts = new Map(result.clauses.map(({ ref, text }) => [ref, text]));
    for (const { ref, excerpts, categories, confidence } of result.clauses) {
      expect(new Set(excerpts.map(({ category }) => category))).toEqual(new Set(categories));
      for (const { text } of excerpts) expect(texts.get(ref)).toContain(text);
      expect(confidence).toBeGreaterThan(0);
      expect(confidence).toBeLessThanOrEqual(1);
    }
    for (const { clause_ref, found } of result.discrepancies) expect(texts.get(clause_ref ?? '')).toContain(found);
  });

  it('shows a long clause around its excerpts, and has it whole as well', async () => {
    const filler = (n: number) =>
      `Item ${n} of the services is delivered to the site of the customer in the month that the schedule names for it.`;
    const grant = 'Vendor hereby grants to Customer a non-exclusive license to use, copy and modify the licensed software.';
    const long = `4.2 License. ${[1, 2, 3, 4, 5].map(filler).join(' ')} ${grant} ${[6, 7, 8, 9, 10].map(filler).join(' ')}`;
    const short = '5.1 Marks. Customer shall not contest the validity of the trademarks of Vendor.';
    const { result } = await runAgent(AnalyzeDocumentAgent, input, {
      download: async () => Buffer.from(`4.1 Fees. None.\n\n${long}\n\n${short}`),
    });
    expect(result.clauses.map(({ ref, text, whole_text }) => ({ ref, whole_text, cut: text.includes('[…]') }))).toEqual([
      { ref: 'Clause 4.2', whole_text: long, cut: true },
      { ref: 'Clause 5.1', whole_text: null, cut: false },
    ]);
    expect(result.clauses[0]!.text).toContain(grant);
  });

  it('reports progress that grows, in words, without a report for every page', async () => {
    const { progress } = await runAgent(AnalyzeDocumentAgent, input, { download: async () => readFile(pdf) });
    const fractions = progress.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(progress.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        'Downloading the document',
        `Reading page 1 of ${expectedPages}`,
        'Finding clauses',
        'Comparing with the standard agreement',
        'Done',
      ]),
    );
    expect(progress.length).toBeLessThan(20);
    expect(fractions.at(-1)).toBe(1);
  });
});
