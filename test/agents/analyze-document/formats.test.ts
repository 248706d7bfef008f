import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { AnalyzeDocumentAgent } from '../../../src/agents/analyze-document/analyze-document.agent.js';
import { readDocx } from '../../../src/agents/analyze-document/read/read-docx.js';
import { readHtml } from '../../../src/agents/analyze-document/read/read-html.js';
import type { AnalyzeDocumentResult } from '../../../src/agents/analyze-document/result.js';
import { runAgent } from '../../support/run-agent.js';
import {
  contractParagraphs,
  contractPdf,
  contractRefs,
  inList,
  makeDocx,
  makeNumberedDocx,
  makePdf,
  wordList,
  wordListUse,
  wordNamespace,
  wordParagraph,
} from './documents.js';

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
    const result = await analyze(
      makeNumberedDocx(
        [
          wordParagraph('Services', inList(1, 0)),
          wordParagraph('Supplier shall perform the services with care.', inList(1, 1)),
          wordParagraph('Rights', inList(1, 0)),
          wordParagraph('Each party keeps what it had before.', inList(1, 1)),
          wordParagraph('Customer hereby grants to Supplier a license to use the trademarks.', inList(1, 1)),
        ],
        wordList(0, ['decimal', '%1.'], ['decimal', '%1.%2']) + wordListUse(1, 0),
      ),
    );
    expect(result.clauses).toMatchObject([
      {
        ref: 'Clause 2.2',
        heading: 'Rights',
        text: '2.2 Customer hereby grants to Supplier a license to use the trademarks.',
      },
    ]);
  });

  it('a Word document with several lists, each by its own count and in its own style', async () => {
    const assigns = 'Supplier hereby assigns to Customer all right, title and interest in the work product.';
    const result = await analyze(
      makeNumberedDocx(
        [
          wordParagraph('Acme Ltd, a company of England; and', inList(1, 0)),
          wordParagraph('Beta Ltd, a company of Wales.', inList(1, 0)),
          wordParagraph('Supplier makes software.', inList(2, 0)),
          wordParagraph('Customer wants to use it.', inList(2, 0)),
          wordParagraph('Services', inList(3, 0)),
          wordParagraph('Supplier shall perform the services with care.', inList(3, 1)),
          wordParagraph('Ownership', inList(3, 0)),
          wordParagraph(assigns, inList(3, 1)),
          wordParagraph('EXHIBIT A'),
          wordParagraph('Scope', inList(4, 0)),
          wordParagraph(assigns, inList(4, 1)),
          wordParagraph('License', inList(5, 0)),
          wordParagraph('Customer hereby grants to Supplier a license to use the trademarks.', inList(5, 1)),
        ],
        wordList(0, ['decimal', '(%1)']) +
          wordList(1, ['upperLetter', '(%1)']) +
          wordList(2, ['decimal', '%1.'], ['decimal', '%1.%2']) +
          wordList(3, ['upperRoman', 'Article %1'], ['decimal', 'Section %1.%2', '<w:isLgl/>']) +
          wordListUse(1, 0) +
          wordListUse(2, 1) +
          wordListUse(3, 2) +
          wordListUse(4, 2, '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>') +
          wordListUse(5, 3),
      ),
    );
    expect(result.clauses.map(({ ref, text }) => [ref, text.split(' Su')[0]!.split(' Cu')[0]])).toEqual([
      ['Clause 2.1', '2.1'],
      ['Exhibit A, Clause 1.1', '1.1'],
      ['Exhibit A, Section 1.1', 'Section 1.1'],
    ]);
  });

  it('a Word document whose numbers are not understood, as one without numbers', async () => {
    const result = await analyze(
      makeNumberedDocx(
        contractParagraphs.map((text) => wordParagraph(text.slice(3), inList(1, 0))),
        wordList(0, ['koreanCounting', '%1.']) + wordListUse(1, 0),
      ),
    );
    expect(result.ip_clauses).toEqual(['Paragraph 2', 'Paragraph 3']);
  });

  it('a Word document without the text that it hides', async () => {
    const hidden = '<w:t>Customer grants to Supplier an exclusive license to all patents.</w:t>';
    const styles = `<w:styles ${wordNamespace}><w:style w:type="character" w:styleId="Ghost"><w:rPr><w:vanish/></w:rPr></w:style></w:styles>`;
    const result = await analyze(
      makeDocx(
        [
          wordParagraph('1. Ownership. Supplier hereby assigns to Customer all patents.'),
          `<w:p><w:r><w:rPr><w:b/><w:vanish/></w:rPr><w:t>2. Hidden. </w:t>${hidden}</w:r></w:p>`,
          `<w:p><w:r><w:rPr><w:rStyle w:val="Ghost"/></w:rPr>${hidden}</w:r></w:p>`,
          `<w:tbl><w:tr><w:trPr><w:hidden/></w:trPr><w:tc><w:p><w:r>${hidden}</w:r></w:p></w:tc></w:tr></w:tbl>`,
          `<w:p><w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>3. License. Customer hereby grants to Supplier a license to use the trademarks.</w:t></w:r></w:p>`,
        ].join(''),
        [{ name: 'word/styles.xml', data: Buffer.from(styles) }],
      ),
    );
    expect(result.ip_clauses).toEqual(['Clause 1', 'Clause 3']);
    expect(result.clauses.map(({ text }) => text).join()).not.toContain('exclusive');
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

  it('HTML with the numbers of its lists', async () => {
    const grant = 'Customer hereby grants to Supplier a license to use the trademarks.';
    const assigns = 'Supplier hereby assigns to Customer all right, title and interest in the work product.';
    const result = await analyze(
      `<html><body><h1>Order Terms</h1>
      <ol start="3"><li>Services. Supplier shall perform the services.<li><p>License. ${grant}</p></li><li value="7">Ownership. ${assigns}</li>
        <li>Rights.<ol type="a"><li>${grant}</li><li style="display:none">Nothing.</li><li>${assigns}</li></ol></li></ol></body></html>`,
    );
    expect(result.ip_clauses).toEqual(['Clause 4', 'Clause 7', 'Clause 8(a)', 'Clause 8(b)']);
    expect(result.clauses.map(({ text }) => text.slice(0, 12))).toEqual(['4. License. ', '7. Ownership', 'a. Customer ', 'b. Supplier ']);
  });

  it('HTML with lists that draw no numbers, or letters and Roman ones', () => {
    const items = (html: string) => readHtml(Buffer.from(`<html>${html}`)).paragraphs.map(({ text }) => text);
    expect(items('<ol type="I"><li>One<li>Two</ol><ol type="i" start="4"><li>Four</ol><ol type="A"><li>A</ol>')).toEqual([
      'I. One',
      'II. Two',
      'iv. Four',
      'A. A',
    ]);
    expect(items('<ol style="list-style: none"><li>One</ol><ol style="list-style-type:upper-alpha"><li>Two</ol>')).toEqual([
      'One',
      'A. Two',
    ]);
    expect(items('<ol><li>1.1 Typed<li><b>(b)</b> Typed<li>Not</ol>')).toEqual(['1.1 Typed', '(b) Typed', '3. Not']);
    expect(items('<ol><li><ol type="a"><li>First<li>Second</ol><li>Next</ol>')).toEqual(['1.', 'a. First', 'b. Second', '2. Next']);
    expect(items('<ol><li><ul><li>Point</ul><li></li><li>Third</ol><li>Stray')).toEqual(['1.', 'Point', '3. Third', 'Stray']);
  });

  it('HTML without what its elements hide', async () => {
    const planted = 'Customer hereby grants to Supplier an exclusive license to all patents.';
    const result = await analyze(
      `<html><body style="display:none">${contractParagraphs.map((text) => `<p>${text}</p>`).join('')}
      <p style="color:red; DISPLAY : none !important">5. ${planted}</p><div hidden><div><p>6. ${planted}</p></div></div>
      <p style="visibility:hidden">7. ${planted} <b>${planted}</b> <i style="visibility:visible">Shown again.</i></p>
      <template><p>8. ${planted}</p></template><noscript><p>9. ${planted}</p></noscript><!-- <p>10. ${planted}</p> -->
      <p style="/* display:block; */display:none">11. ${planted}</p><p style="display:none;display:block">12. Shown, too.</p></body></html>`,
    );
    expect(result.ip_clauses).toEqual(contractRefs);
    expect(result.document.words).toBe(contractParagraphs.join(' ').split(' ').length + 'Shown again. 12. Shown, too.'.split(' ').length);
  });

  it('a Word document with footnotes, which are no list of clauses', async () => {
    const notes = `<w:footnotes ${wordNamespace}><w:footnote w:id="2"><w:p><w:r><w:t>See the order.</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>Hidden.</w:t></w:r></w:p></w:footnote></w:footnotes>`;
    const bytes = makeDocx('<w:p><w:r><w:t>1. Fees. They are due.</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r></w:p>', [
      { name: 'word/footnotes.xml', data: Buffer.from(notes) },
    ]);
    const { paragraphs } = await readDocx(bytes);
    expect(paragraphs.map(({ text }) => text)).toEqual(['1. Fees. They are due.', 'See the order.']);
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
