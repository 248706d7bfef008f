import { describe, expect, it } from '@jest/globals';
import { AnalyzeDocumentAgent } from '../../../src/agents/analyze-document/analyze-document.agent.js';
import { defaultLimits, type Limits } from '../../../src/agents/analyze-document/limits.js';
import { runAgent } from '../../support/run-agent.js';
import { contractParagraphs, contractPdf, makePdf, rawPdf } from './documents.js';

const input = { document_url: 'https://a.test/contract.pdf', analysis_type: 'ip_clauses' };

function analyze(bytes: Buffer | string, limits: Partial<Limits> = {}, signal?: AbortSignal) {
  return runAgent(new AnalyzeDocumentAgent({ ...defaultLimits, ...limits }), input, { download: () => bytes, signal });
}

describe('a document fails once with a clear code', () => {
  it('when it is nothing but white space', async () => {
    await expect(analyze(' \n\t\r\n ')).rejects.toMatchObject({ code: 'document_empty' });
  });

  it('when it is some other kind of file', async () => {
    const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
    await expect(analyze(png)).rejects.toMatchObject({ code: 'document_type_unsupported', message: expect.stringContaining('PNG') });
    await expect(analyze('<?xml version="1.0"?><invoice><total>1</total></invoice>')).rejects.toMatchObject({
      code: 'document_type_unsupported',
    });
  });

  it('when it is an encrypted Office file', async () => {
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
    const stamped = await makePdf(
      (pdf) => void pdf.rect(50, 50, 400, 600).fill('#ccc').fillColor('black').text('RECEIVED MAR 3', 280, 700),
    );
    await expect(analyze(stamped)).rejects.toMatchObject({ code: 'document_has_no_text' });
    await expect(analyze('<html><body><img src="a.png"><script>let text = "hidden";</script></body></html>')).rejects.toMatchObject({
      code: 'document_has_no_text',
    });
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
        timeLeft: () => 60_000,
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
        timeLeft: () => 60_000,
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
