import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { AnalyzeDocumentAgent } from '../../../src/agents/analyze-document/analyze-document.agent.js';
import type { AnalyzeDocumentResult } from '../../../src/agents/analyze-document/result.js';
import { runAgent } from '../../support/run-agent.js';
import { contractParagraphs, contractPdf, contractRefs, makeDocx, makePdf, wordParagraph } from './documents.js';

async function analyze(bytes: Buffer | string): Promise<AnalyzeDocumentResult> {
  const input = { document_url: 'https://a.test/contract', analysis_type: 'ip_clauses' };
  return (await runAgent(AnalyzeDocumentAgent, input, { download: () => bytes })).result;
}

describe('analyze-document reads', () => {
  it('a PDF, with page numbers and the hash of its bytes', async () => {
    const bytes = await contractPdf({ info: { Title: 'Order Terms' } });
    const result = await analyze(bytes);
    expect(result.ip_clauses).toEqual(contractRefs);
    expect(result.document).toMatchObject({ pages: 1, title: 'Order Terms', sha256: createHash('sha256').update(bytes).digest('hex') });
    expect(result.clauses[0]).toMatchObject({ ref: 'Clause 2', heading: 'Ownership', page: 1, categories: ['ip_ownership_assignment'] });
    expect(result.clauses[1]?.categories).toEqual(['license_grant', 'non_transferable_license']);
  });

  it('a Word document with typed numbers', async () => {
    const result = await analyze(makeDocx(contractParagraphs.map((text) => wordParagraph(text)).join('')));
    expect(result.ip_clauses).toEqual(contractRefs);
    expect(result.document.pages).toBeNull();
    expect(result.clauses.every(({ page }) => page === null)).toBe(true);
  });

  it('a Word document whose numbers Word computes', async () => {
    const level = (n: number) => `<w:lvl w:ilvl="${n}"><w:numFmt w:val="decimal"/></w:lvl>`;
    const numbering = `<w:numbering xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:abstractNum w:abstractNumId="0">${level(0)}${level(1)}</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>`;
    const relations =
      '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/numbering" Target="numbering.xml"/></Relationships>';
    const at = (depth: number) => `<w:numPr><w:ilvl w:val="${depth}"/><w:numId w:val="1"/></w:numPr>`;
    const body = [
      wordParagraph('Services', at(0)),
      wordParagraph('Supplier shall perform the services with care.', at(1)),
      wordParagraph('Rights', at(0)),
      wordParagraph('Each party keeps what it had before.', at(1)),
      wordParagraph('Customer hereby grants to Supplier a license to use the trademarks.', at(1)),
    ].join('');
    const result = await analyze(
      makeDocx(body, [
        { name: 'word/numbering.xml', data: Buffer.from(numbering) },
        { name: 'word/_rels/document.xml.rels', data: Buffer.from(relations) },
      ]),
    );
    expect(result.clauses).toMatchObject([{ ref: 'Clause 2.2', heading: 'Rights' }]);
  });

  it('HTML, without its scripts, styles and markup', async () => {
    const paragraphs = contractParagraphs.map((text) => `<p>${text.replace('Supplier', '<b>Supp</b>lier&nbsp;')}</p>`).join('');
    const result = await analyze(
      `<!doctype html><html><head><title>Order &amp; Terms</title><style>p{}</style></head><body><script>var x = "5. Supplier hereby assigns all patents to Customer now.";</script>${paragraphs}</body></html>`,
    );
    expect(result.ip_clauses).toEqual(contractRefs);
    expect(result.document.title).toBe('Order & Terms');
    expect(JSON.stringify(result)).not.toContain('<b>');
  });

  it('HTML whose text is set in one PRE element, as filings are', async () => {
    const result = await analyze(`<html><body><pre>${contractParagraphs.join('\n\n').replaceAll(', ', ',\n     ')}</pre></body></html>`);
    expect(result.ip_clauses).toEqual(contractRefs);
  });

  it('plain text, in UTF-8, UTF-16 and Windows-1252', async () => {
    const text = contractParagraphs.join('\n\n').replace('the work product', 'the “work product”');
    const windows = Buffer.from(text.replace('“', '\u0093').replace('”', '\u0094'), 'latin1');
    for (const bytes of [Buffer.from(text), Buffer.from(`\ufeff${text}`, 'utf16le'), windows]) {
      const result = await analyze(bytes);
      expect(result.ip_clauses).toEqual(contractRefs);
      expect(result.clauses[0]?.text).toContain('“work product”');
    }
  });

  it('text written as one line, with runs of spaces for line ends', async () => {
    const result = await analyze(contractParagraphs.join('     '));
    expect(result.ip_clauses).toEqual(contractRefs);
  });

  it('a PDF without its running heads, feet and page numbers, sentences whole across pages', async () => {
    const bytes = await makePdf(
      (pdf) => {
        for (const [page, text] of [
          '1. Rights. Customer hereby grants to Supplier a non-',
          'exclusive license to use the',
          'trademarks of Customer.',
        ].entries()) {
          pdf.addPage();
          pdf.text('Private and Confidential', 72, 30, { lineBreak: false });
          pdf.text(text, 72, 120);
          pdf.text(`- ${page + 1} -`, 280, 760, { lineBreak: false });
        }
      },
      { autoFirstPage: false },
    );
    const result = await analyze(bytes);
    expect(result.clauses).toMatchObject([
      {
        ref: 'Clause 1',
        page: 1,
        text: '1. Rights. Customer hereby grants to Supplier a non-exclusive license to use the trademarks of Customer.',
      },
    ]);
  });

  it('two columns one after the other', async () => {
    const bytes = await makePdf((pdf) => {
      pdf.text(contractParagraphs.join('\n\n'), 60, 72, { columns: 2, columnGap: 30, width: 470, height: 170 });
    });
    expect((await analyze(bytes)).ip_clauses).toEqual(contractRefs);
  });

  it('text with NUL and lone surrogates, which do not reach the result', async () => {
    const html = `<html><body>${contractParagraphs.map((text) => `<p>${text.replace('Customer', 'Cus\u0000tomer&#xD800; &#0;')}</p>`).join('')}</body></html>`;
    const result = await analyze(html);
    expect(result.ip_clauses).toEqual(contractRefs);
    const texts = result.clauses.map(({ text }) => text).join('');
    expect(texts.isWellFormed()).toBe(true);
    expect(texts).not.toContain('\u0000');
  });
});
