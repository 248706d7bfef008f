import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import PDFDocument from 'pdfkit';

/**
 * Sets `master-services-agreement.txt` (a contract written for this repository: no real firm, no real deal) as the PDF
 * that the demo and the tests analyse. Run after a change of the text: `npm run build && node dist/examples/contract/make-contract.js`.
 */
const source = new URL('master-services-agreement.txt', import.meta.url);
const target = new URL('../../../examples/contract/master-services-agreement.pdf', import.meta.url);

const title = 'Master Software Development and Services Agreement';
const runningHead = 'Halden Freight Analytics, Inc. / Brightwater Software Works LLC';
const margin = 88;

const pdf = new PDFDocument({
  size: 'LETTER',
  margin,
  bufferPages: true,
  // The same text must give the same bytes.
  info: { Title: title, Author: 'Postback examples', CreationDate: new Date('2026-03-02T09:00:00Z') },
});
const written = pipeline(pdf, createWriteStream(target));
for (const block of (await readFile(source, 'utf8')).split(/\n{2,}/)) set(block.trim());
setHeadsAndFeet();
pdf.end();
await written;
console.log(`wrote ${fileURLToPath(target)}`);

function set(block: string): void {
  if (block.startsWith('# ')) heading(block.slice(2), 16, 18);
  else if (block.startsWith('## ')) heading(block.slice(3), 12.5, 14);
  else if (block.startsWith('### ')) exhibit(block.slice(4));
  else paragraph(block);
}

function heading(text: string, size: number, before: number): void {
  // A heading is never the last line of a page.
  if (pdf.y > pdf.page.height - margin - 90) pdf.addPage();
  pdf.y += before;
  pdf.font('Times-Bold').fontSize(size).text(text, { align: 'center' });
  pdf.y += 8;
}

function exhibit(text: string): void {
  pdf.addPage();
  heading(text, 12.5, 0);
}

function paragraph(text: string): void {
  pdf.font('Times-Roman').fontSize(12).text(text, { align: 'justify', lineGap: 5 });
  pdf.y += 8;
}

function setHeadsAndFeet(): void {
  const { count } = pdf.bufferedPageRange();
  for (let page = 0; page < count; page += 1) {
    pdf.switchToPage(page);
    // Text below the margin would start a new page.
    pdf.page.margins.bottom = 0;
    pdf.font('Times-Italic').fontSize(9);
    if (page > 0) pdf.text(runningHead, margin, 44, { align: 'left', lineBreak: false });
    pdf.text(`Page ${page + 1} of ${count}`, margin, pdf.page.height - 50, {
      align: 'center',
      width: pdf.page.width - 2 * margin,
      lineBreak: false,
    });
  }
}
