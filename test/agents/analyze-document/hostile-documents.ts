import { randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { contractParagraphs, contractPdf, deflatedSpaces, makeDocx, makeZip, pdfStream, rawPdf, wordParagraph } from './documents.js';

export interface HostileDocument {
  /** What is tried, in words. */
  row: string;
  make: (trap: string) => Buffer | Promise<Buffer>;
  /** Of the error its task fails with; null: it is read, and nothing of what it tries happens. */
  code: RegExp | null;
}

const paragraphs = contractParagraphs.map((text) => `<p>${text}</p>`).join('');
const wordBody = contractParagraphs.map((text) => wordParagraph(text)).join('');
const empty = Buffer.alloc(0);

/** `make` is given a URL that must not be asked for: whoever listens there counts. */
export const hostileDocuments: HostileDocument[] = [
  { row: 'a PDF that is HTML', make: () => Buffer.from(`<html><body>${paragraphs}</body></html>`), code: null },
  { row: 'a PDF that is a ZIP', make: () => makeZip([{ name: 'a.txt', data: Buffer.from('text') }]), code: /^document_type_unsupported$/ },
  { row: 'an empty file', make: () => empty, code: /^document_empty$/ },
  { row: 'a truncated PDF', make: async () => (await contractPdf()).subarray(0, 200), code: /^document_unreadable$/ },
  { row: 'a truncated DOCX', make: () => makeDocx(wordBody).subarray(0, -40), code: /^document_unreadable$/ },
  { row: 'random bytes', make: () => Buffer.concat([Buffer.of(1, 0, 0, 0), randomBytes(50_000)]), code: /^document_type_unsupported$/ },
  {
    row: 'random bytes behind the header of a PDF',
    make: () => Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(50_000)]),
    code: /^document_unreadable$/,
  },
  { row: 'an encrypted PDF', make: () => contractPdf({ userPassword: 'secret' }), code: /^document_encrypted$/ },
  { row: 'a small PDF that inflates to gigabytes', make: () => pdfBomb(3_000), code: /^document_too_complex$/ },
  {
    row: 'a PDF whose page tree is a loop',
    make: () => rawPdf(['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [2 0 R] /Count 5 >>']),
    code: /^document_unreadable$/,
  },
  { row: 'a PDF of 10,000 pages', make: () => pdfOfPages(10_000), code: /^document_too_large$/ },
  { row: 'a DOCX that inflates to 200 MB and says so', make: () => wordBomb(200, true), code: /^document_too_complex$/ },
  {
    row: 'a DOCX that inflates to 900 MB and says 11 bytes',
    make: () => wordBomb(900, false),
    code: /^document_(too_complex|unreadable)$/,
  },
  { row: 'a ZIP with 100,000 entries', make: () => makeZip(manyEntries(100_000)), code: /^document_too_complex$/ },
  {
    row: 'a DOCX with entries that climb out of it',
    make: () => makeDocx(wordBody, ['../../../../tmp/postback-climbed', '/tmp/postback-climbed', '..\\..\\postback-climbed'].map(entry)),
    code: null,
  },
  {
    row: 'a DOCX with a DTD and an external entity',
    make: (trap) => wordWithEntity(trap),
    code: /^document_(unreadable|has_no_text|type_unsupported)$/,
  },
  { row: 'a DOCX with external images', make: (trap) => wordWithImage(trap), code: null },
  {
    row: 'HTML with scripts, frames and external images',
    make: (trap) =>
      Buffer.from(
        `<html><head><link rel="stylesheet" href="${trap}"><script src="${trap}"></script></head><body onload="fetch('${trap}')"><img src="${trap}"><iframe src="${trap}"></iframe><script>fetch('${trap}')</script>${paragraphs}</body></html>`,
      ),
    code: null,
  },
  {
    row: 'HTML with a million nested divs',
    make: () => Buffer.from(`<html><body>${'<div>'.repeat(1_000_000)}deep`),
    code: /^document_too_complex$/,
  },
  {
    row: 'text with NUL and lone surrogates',
    make: () => Buffer.concat([Buffer.from(contractParagraphs.join('\n\n')), Buffer.from([0x0a, 0x00, 0xed, 0xa0, 0x80, 0x0a])]),
    code: null,
  },
];

const entry = (name: string) => ({ name, data: Buffer.from('climbed') });

function* manyEntries(count: number) {
  yield { name: '[Content_Types].xml', data: empty };
  for (let n = 0; n < count; n += 1) yield { name: `word/${n}`, data: empty };
}

/** Runs compress a thousandfold, and so does the result. */
function pdfBomb(megabytes: number): Buffer {
  const twice = deflateSync(Buffer.concat([Buffer.from([0x78, 0xda]), deflatedSpaces(megabytes)]), { level: 9 });
  return rawPdf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R >>',
    pdfStream(twice, '[/FlateDecode /FlateDecode]'),
  ]);
}

function pdfOfPages(count: number): Buffer {
  const kids = Array.from({ length: count }, (_, n) => `${n + 3} 0 R`).join(' ');
  const page = '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] >>';
  return rawPdf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${count} >>`,
    ...Array<string>(count).fill(page),
  ]);
}

function wordBomb(megabytes: number, honest: boolean): Buffer {
  if (honest) return makeDocx(Buffer.alloc(megabytes * 1_000_000, ' '));
  return makeDocx(wordParagraph('x').repeat(60), [
    { name: 'word/styles.xml', data: Buffer.from('<w:styles/>'), deflated: deflatedSpaces(megabytes) },
  ]);
}

function wordWithEntity(trap: string): Buffer {
  const dtd = `<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY % y SYSTEM "${trap}"> %y;]>`;
  const word = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"';
  return makeZip([
    { name: '[Content_Types].xml', data: Buffer.from(`${dtd}<t>&x;</t>`) },
    {
      name: 'word/document.xml',
      data: Buffer.from(`${dtd}<w:document ${word}><w:body><w:p><w:r><w:t>&x;</w:t></w:r></w:p></w:body></w:document>`),
    },
  ]);
}

function wordWithImage(trap: string): Buffer {
  const drawing = 'http://schemas.openxmlformats.org/drawingml/2006';
  const image = `<w:p><w:r><w:drawing><wp:inline xmlns:wp="${drawing}/wordprocessingDrawing"><a:graphic xmlns:a="${drawing}/main"><a:graphicData><pic:pic xmlns:pic="${drawing}/picture"><pic:blipFill><a:blip r:link="img1" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>`;
  const relation = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="img1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" Target="${trap}" TargetMode="External"/></Relationships>`;
  return makeDocx(wordBody + image, [{ name: 'word/_rels/document.xml.rels', data: Buffer.from(relation) }]);
}
