import { describe, expect, it } from '@jest/globals';
import { AnalyzeDocumentAgent } from '../../../src/agents/analyze-document/analyze-document.agent.js';
import { isEnglish } from '../../../src/agents/analyze-document/read/is-english.js';
import type { AnalyzeDocumentResult } from '../../../src/agents/analyze-document/result.js';
import { runAgent } from '../../support/run-agent.js';
import { contractParagraphs } from './documents.js';

/** They speak of deliverables in English as well, so that an assignment would be missed. */
const german = `1. Deliverables. Nutzungsrechte. Der Anbieter räumt dem Kunden das nicht ausschließliche, nicht übertragbare und zeitlich unbeschränkte Recht ein, die Software
in seinem Betrieb zu nutzen. Alle Rechte an den Arbeitsergebnissen gehen mit der Bezahlung auf den Kunden über. Der Quelltext wird bei einem Treuhänder hinterlegt
und darf nur herausgegeben werden, wenn der Anbieter die Pflege der Software endgültig einstellt.`;
const french = `1. Licence. Le concédant accorde au licencié un droit non exclusif et non transférable d'utiliser le logiciel pour ses besoins propres. Les droits
de propriété intellectuelle sur les résultats appartiennent au client dès leur paiement, et le code source est déposé auprès d'un tiers séquestre qui ne le remet
que si le prestataire cesse d'en assurer la maintenance.`;

async function analyze(text: string): Promise<AnalyzeDocumentResult> {
  const input = { document_url: 'https://a.test/contract', analysis_type: 'ip_clauses' };
  return (await runAgent(AnalyzeDocumentAgent, input, { download: () => text })).result;
}

describe('of a document in another language', () => {
  it.each([german, french])('nothing is said to be missing', async (text) => {
    const { document, discrepancies } = await analyze(text);
    expect(document.language).toBeNull();
    expect(discrepancies).toEqual([]);
  });

  it('as little as of one without words', async () => {
    const { document, discrepancies } = await analyze('2026-01-01 17.50 EUR KX-4711 Zubehör\n'.repeat(40));
    expect(document.language).toBeNull();
    expect(discrepancies).toEqual([]);
  });
});

describe('of a document in English', () => {
  it('it is', async () => {
    const { document, discrepancies } = await analyze(
      [...contractParagraphs, '9. Delivery. Supplier delivers the Software in time.'].join('\n\n'),
    );
    expect(document.language).toBe('en');
    expect(discrepancies.some(({ clause_ref }) => clause_ref === null)).toBe(true);
  });

  it('a few words are enough, and another language beside it takes nothing away', () => {
    const paragraphs = (...texts: string[]) => texts.map((text) => ({ text, page: null, prominent: false }));
    expect(isEnglish(paragraphs('Customer owns deliverables.'))).toBe(true);
    expect(isEnglish(paragraphs(contractParagraphs.join(' '), contractParagraphs.join(' '), german))).toBe(true);
  });
});
