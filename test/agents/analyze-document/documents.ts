import { constants, crc32, deflateRawSync } from 'node:zlib';
import PDFDocument from 'pdfkit';

/** Documents made on the spot, well-behaved and hostile. */

export const contractParagraphs = [
  '1. Services. Supplier shall perform the services described in the order with reasonable care.',
  '2. Ownership. Supplier hereby assigns to Customer all right, title and interest in the work product, including all copyrights and patents.',
  '3. License. Customer hereby grants to Supplier a non-exclusive, non-transferable license to use the Customer trademarks during the term.',
  '4. Confidentiality. Each party shall keep the confidential information of the other party secret and shall not disclose it to third parties.',
];

export const contractRefs = ['Clause 2', 'Clause 3'];

type Draw = (pdf: PDFKit.PDFDocument) => void;

export async function makePdf(draw: Draw, options: PDFKit.PDFDocumentOptions = {}): Promise<Buffer> {
  const pdf = new PDFDocument({ size: 'A4', ...options });
  const chunks: Buffer[] = [];
  pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
  const { promise, resolve } = Promise.withResolvers<void>();
  pdf.on('end', resolve);
  draw(pdf);
  pdf.end();
  await promise;
  return Buffer.concat(chunks);
}

export function contractPdf(options: PDFKit.PDFDocumentOptions = {}): Promise<Buffer> {
  return makePdf((pdf) => {
    for (const text of contractParagraphs) pdf.text(text).moveDown();
  }, options);
}

/** A PDF with the given objects, numbered from 1; the first is the catalog. */
export function rawPdf(objects: (string | Buffer)[]): Buffer {
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n')];
  const offsets: number[] = [];
  let length = parts[0]!.length;
  const push = (part: Buffer) => {
    parts.push(part);
    length += part.length;
  };
  for (const [index, object] of objects.entries()) {
    offsets.push(length);
    push(Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), Buffer.from(object), Buffer.from('\nendobj\n')]));
  }
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const count = objects.length + 1;
  push(
    Buffer.from(`xref\n0 ${count}\n0000000000 65535 f \n${table}trailer\n<< /Size ${count} /Root 1 0 R >>\nstartxref\n${length}\n%%EOF\n`),
  );
  return Buffer.concat(parts);
}

export function pdfStream(data: Buffer, filter: string): Buffer {
  return Buffer.concat([Buffer.from(`<< /Length ${data.length} /Filter ${filter} >>\nstream\n`), data, Buffer.from('\nendstream')]);
}

export interface ZipEntry {
  name: string;
  data: Buffer;
  /** Compressed already. `data` is then what the directory says it was. */
  deflated?: Buffer;
}

/** Raw deflate of that many megabytes of spaces, made without ever holding them. */
export function deflatedSpaces(megabytes: number): Buffer {
  const block = deflateRawSync(Buffer.alloc(1_000_000, ' '), { level: 9, finishFlush: constants.Z_FULL_FLUSH });
  return Buffer.concat([...Array<Buffer>(megabytes).fill(block), Buffer.from([3, 0])]);
}

export function makeZip(entries: Iterable<ZipEntry>): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  let count = 0;
  for (const { name, data, deflated } of entries) {
    const body = deflated ?? (data.length === 0 ? Buffer.from([3, 0]) : deflateRawSync(data, { level: 9 }));
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(crc32(data), 10);
    fields.writeUInt32LE(body.length, 14);
    fields.writeUInt32LE(data.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const file = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), body]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fields, place, Buffer.from(name));
    files.push(file);
    offset += file.length;
    count += 1;
  }
  const table = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(count & 0xffff, 8);
  end.writeUInt16LE(count & 0xffff, 10);
  end.writeUInt32LE(table.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...files, table, end]);
}

const contentTypes =
  '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>';
const relations =
  '<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>';
export const wordNamespace = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"';
const documentStart = `<?xml version="1.0" encoding="UTF-8"?><w:document ${wordNamespace}><w:body>`;

/** `body` is WordprocessingML; `more` are further files of the package. */
export function makeDocx(body: string | Buffer, more: ZipEntry[] = []): Buffer {
  return makeZip([
    { name: '[Content_Types].xml', data: Buffer.from(contentTypes) },
    { name: '_rels/.rels', data: Buffer.from(relations) },
    {
      name: 'word/document.xml',
      data: Buffer.concat([Buffer.from(documentStart), Buffer.from(body), Buffer.from('</w:body></w:document>')]),
    },
    ...more,
  ]);
}

export function wordParagraph(text: string, properties = ''): string {
  return `<w:p>${properties && `<w:pPr>${properties}</w:pPr>`}<w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`;
}

/** `numbering` is what `w:numbering` holds. */
export function makeNumberedDocx(paragraphs: readonly string[], numbering: string): Buffer {
  return makeDocx(paragraphs.join(''), [{ name: 'word/numbering.xml', data: Buffer.from(wordNumbering(numbering)) }]);
}

export function wordNumbering(content: string): string {
  return `<w:numbering ${wordNamespace}>${content}</w:numbering>`;
}

/** How a list is numbered: for each level its format, its text and what else it holds. */
export function wordList(id: number, ...levels: [format: string, text: string, more?: string][]): string {
  const parts = levels.map(
    ([format, text, more = ''], level) =>
      `<w:lvl w:ilvl="${level}"><w:start w:val="1"/><w:numFmt w:val="${format}"/>${more}<w:lvlText w:val="${text}"/></w:lvl>`,
  );
  return `<w:abstractNum w:abstractNumId="${id}">${parts.join('')}</w:abstractNum>`;
}

/** What paragraphs name to be in a list. */
export function wordListUse(id: number, list: number, overrides = ''): string {
  return `<w:num w:numId="${id}"><w:abstractNumId w:val="${list}"/>${overrides}</w:num>`;
}

/** The property of a paragraph in a list. */
export function inList(use: number, level: number): string {
  return `<w:numPr><w:ilvl w:val="${level}"/><w:numId w:val="${use}"/></w:numPr>`;
}
