import { randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { AnalyzeDocumentAgent } from '../../../src/agents/analyze-document/analyze-document.agent.js';
import { defaultLimits, type Limits } from '../../../src/agents/analyze-document/limits.js';
import { runAgent } from '../../support/run-agent.js';
import {
  contractParagraphs,
  contractPdf,
  contractRefs,
  deflatedSpaces,
  makeDocx,
  makePdf,
  makeZip,
  pdfStream,
  rawPdf,
  wordParagraph,
} from './documents.js';

const input = { document_url: 'https://a.test/contract.pdf', analysis_type: 'ip_clauses' };

function analyze(bytes: Buffer | string, limits: Partial<Limits> = {}, signal?: AbortSignal) {
  return runAgent(new AnalyzeDocumentAgent({ ...defaultLimits, ...limits }), input, { download: () => bytes, signal });
}

function onePage(...contents: (string | Buffer)[]): Buffer {
  return rawPdf(['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [3 0 R] /Count 1 >>', ...contents]);
}

/** Runs compress a thousandfold, and so does the result. */
function deflatedTwice(megabytes: number): Buffer {
  return deflateSync(Buffer.concat([Buffer.from([0x78, 0xda]), deflatedSpaces(megabytes)]), { level: 9 });
}

describe('a hostile document fails once with a clear code', () => {
  afterEach(async () => {
    const { result } = await analyze(await contractPdf());
    expect(result.ip_clauses).toEqual(contractRefs);
  });

  it('when it is empty, or nothing but white space', async () => {
    await expect(analyze('')).rejects.toMatchObject({ name: 'TaskFailed', code: 'document_empty' });
    await expect(analyze(' \n\t\r\n ')).rejects.toMatchObject({ code: 'document_empty' });
  });

  it('not at all when it is HTML under the name of a PDF: contents decide', async () => {
    const { result } = await analyze(`<html><body>${contractParagraphs.map((text) => `<p>${text}</p>`).join('')}</body></html>`);
    expect(result.ip_clauses).toEqual(contractRefs);
  });

  it('when it is cut off', async () => {
    const whole = await contractPdf();
    await expect(analyze(whole.subarray(0, 200))).rejects.toMatchObject({ code: 'document_unreadable' });
    const docx = makeDocx(contractParagraphs.map((text) => wordParagraph(text)).join(''));
    await expect(analyze(docx.subarray(0, docx.length - 40))).rejects.toMatchObject({ code: 'document_unreadable' });
  });

  it('when it is random bytes, with and without the first bytes of a PDF', async () => {
    const noise = randomBytes(50_000);
    noise.writeUInt32LE(1, 0);
    await expect(analyze(noise)).rejects.toMatchObject({ code: 'document_type_unsupported' });
    await expect(analyze(Buffer.concat([Buffer.from('%PDF-1.7\n'), noise]))).rejects.toMatchObject({ code: 'document_unreadable' });
  });

  it('when it is some other kind of file', async () => {
    const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
    await expect(analyze(png)).rejects.toMatchObject({ code: 'document_type_unsupported', message: expect.stringContaining('PNG') });
    await expect(analyze(makeZip([{ name: 'a.txt', data: Buffer.from('text') }]))).rejects.toMatchObject({
      code: 'document_type_unsupported',
    });
    await expect(analyze('<?xml version="1.0"?><invoice><total>1</total></invoice>')).rejects.toMatchObject({
      code: 'document_type_unsupported',
    });
  });

  it('when it is encrypted', async () => {
    await expect(analyze(await contractPdf({ userPassword: 'secret' }))).rejects.toMatchObject({ code: 'document_encrypted' });
    const office = Buffer.concat([
      Buffer.from('d0cf11e0a1b11ae1', 'hex'),
      Buffer.alloc(600),
      Buffer.from('EncryptedPackage', 'utf16le'),
      Buffer.alloc(100),
    ]);
    await expect(analyze(office)).rejects.toMatchObject({ code: 'document_encrypted' });
  });

  it('when it is a scan: pages without text', async () => {
    const scan = await makePdf((pdf) => {
      for (let page = 1; page <= 3; page += 1) {
        pdf.rect(50, 50, 400, 600).fill('#ccc');
        pdf.fillColor('black').text(String(page), 280, 700);
        if (page < 3) pdf.addPage();
      }
    });
    await expect(analyze(scan)).rejects.toMatchObject({ code: 'document_has_no_text' });
    await expect(analyze('<html><body><img src="a.png"><script>let text = "hidden";</script></body></html>')).rejects.toMatchObject({
      code: 'document_has_no_text',
    });
  });

  it('when a few kilobytes of PDF inflate to gigabytes', async () => {
    const bomb = onePage(
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R >>',
      pdfStream(deflatedTwice(3_000), '[/FlateDecode /FlateDecode]'),
    );
    expect(bomb.length).toBeLessThan(20_000);
    await expect(analyze(bomb)).rejects.toMatchObject({ code: 'document_too_complex' });
  });

  it('when its pages are a loop', async () => {
    const loop = rawPdf(['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [2 0 R] /Count 5 >>']);
    await expect(analyze(loop)).rejects.toMatchObject({ code: 'document_unreadable' });
  });

  it('when it has too many pages, and not when it only claims to', async () => {
    const threePages = await makePdf((pdf) => void pdf.text('one').addPage().text('two').addPage().text('three'));
    await expect(analyze(threePages, { pages: 2 })).rejects.toMatchObject({
      code: 'document_too_large',
      message: expect.stringContaining('3 pages'),
    });
    const claim = rawPdf([
      '<< /Type /Catalog /Pages 2 0 R >>',
      '<< /Type /Pages /Kids [3 0 R] /Count 900000 >>',
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] >>',
    ]);
    await expect(analyze(claim)).rejects.toMatchObject({ code: 'document_has_no_text' });
  });

  it('when it holds more text than is read', async () => {
    await expect(analyze('All work and no play. '.repeat(1_000), { textChars: 20_000 })).rejects.toMatchObject({
      code: 'document_too_large',
    });
  });

  it('when a Word file unpacks to too much, says so or not', async () => {
    const honest = makeDocx(Buffer.alloc(100_000_000, ' '));
    expect(honest.length).toBeLessThan(120_000);
    await expect(analyze(honest)).rejects.toMatchObject({ code: 'document_too_complex' });
    const liar = makeDocx(wordParagraph('x').repeat(60), [
      { name: 'word/styles.xml', data: Buffer.from('<w:styles/>'), deflated: deflatedSpaces(900) },
    ]);
    await expect(analyze(liar)).rejects.toMatchObject({ code: expect.stringMatching(/^document_(?:too_complex|unreadable)$/) });
  });

  it('when a ZIP holds a hundred thousand files', async () => {
    const empty = Buffer.alloc(0);
    const many = makeZip(
      (function* () {
        yield { name: '[Content_Types].xml', data: empty };
        for (let n = 0; n < 100_000; n += 1) yield { name: `word/${n}`, data: empty };
      })(),
    );
    await expect(analyze(many)).rejects.toMatchObject({ code: 'document_too_complex' });
  });

  it('when a Word file names an external entity, which is not fetched', async () => {
    const docx = makeZip([
      { name: '[Content_Types].xml', data: Buffer.from('<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><t>&x;</t>') },
      {
        name: 'word/document.xml',
        data: Buffer.from(
          '<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>&x;</w:t></w:r></w:p></w:body></w:document>',
        ),
      },
    ]);
    await expect(analyze(docx)).rejects.toMatchObject({
      code: expect.stringMatching(/^document_(?:unreadable|has_no_text|type_unsupported)$/),
    });
  });

  it('when it is HTML nested a million deep', async () => {
    await expect(analyze(`<html><body>${'<div>'.repeat(1_000_000)}deep`)).rejects.toMatchObject({ code: 'document_too_complex' });
  });

  it('when it takes too much memory', async () => {
    const heavy = `<html><body>${'<p>Supplier hereby grants to Customer a license to use the software.</p>'.repeat(200_000)}</body></html>`;
    await expect(analyze(heavy, { heapMb: 24 })).rejects.toMatchObject({ code: 'document_too_complex' });
  });

  it('when it takes too much time', async () => {
    await expect(analyze(await contractPdf(), { timeMs: 1 })).rejects.toMatchObject({ code: 'document_timeout' });
  });

  it('when more is found in it than a result can hold', async () => {
    const text = contractParagraphs[1]!.slice(3);
    const long = Array.from({ length: 300 }, (_, index) => `${index + 1}. ${text}`).join('\n\n');
    await expect(analyze(long, { findings: 200 })).rejects.toMatchObject({ code: 'document_too_complex' });
    await expect(analyze(long, { outputBytes: 10_000 })).rejects.toMatchObject({ code: 'document_too_complex' });
  });
});

describe('a run that is stopped', () => {
  it('ends with the reason of its signal, before and while the document is read', async () => {
    const reason = new Error('canceled by the caller');
    await expect(analyze(await contractPdf(), {}, AbortSignal.abort(reason))).rejects.toBe(reason);

    const stop = new AbortController();
    const agent = new AnalyzeDocumentAgent();
    const bytes = await makePdf((pdf) => {
      for (let page = 0; page < 60; page += 1) pdf.text(contractParagraphs.join(' ').repeat(8)).addPage();
    });
    const running = agent.run(
      { document_url: 'https://a.test/', analysis_type: 'ip_clauses' },
      {
        taskId: 't',
        tenant: 'test',
        run: 1,
        interruptions: 0,
        signal: stop.signal,
        progress: async (_fraction, message) => {
          if (message?.startsWith('Reading page')) stop.abort(reason);
        },
        log: async () => {},
        step: async (_name, fn) => fn(),
        download: async (url) => ({ bytes, url, contentType: null }),
        model: null,
      },
    );
    await expect(running).rejects.toBe(reason);
  });

  it('ends with the error of a progress report that is refused', async () => {
    const refused = new Error('this run no longer owns its task');
    const agent = new AnalyzeDocumentAgent();
    const bytes = await contractPdf();
    const running = agent.run(
      { document_url: 'https://a.test/', analysis_type: 'ip_clauses' },
      {
        taskId: 't',
        tenant: 'test',
        run: 1,
        interruptions: 0,
        signal: new AbortController().signal,
        progress: async (_fraction, message) => {
          if (message === 'Finding clauses') throw refused;
        },
        log: async () => {},
        step: async (_name, fn) => fn(),
        download: async (url) => ({ bytes, url, contentType: null }),
        model: null,
      },
    );
    await expect(running).rejects.toBe(refused);
  });
});
