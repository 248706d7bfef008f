import { fileURLToPath } from 'node:url';
import { getDocument, PasswordException, type PDFDocumentProxy, VerbosityLevel } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { TaskFailed } from '../../agent.js';
import type { Limits } from '../limits.js';
import type { DocumentText, OnPage } from './document.js';
import { joinLines } from './join-lines.js';
import { type PdfPage, readPage } from './pdf-lines.js';
import { breakParagraphs } from './pdf-paragraphs.js';
import { dropRunningLines } from './running-lines.js';

const pdfjs = new URL('.', import.meta.resolve('pdfjs-dist/package.json'));

export async function readPdf(bytes: Buffer, limits: Pick<Limits, 'pages' | 'textChars'>, onPage: OnPage): Promise<DocumentText> {
  const pdf = await open(bytes);
  if (pdf.numPages > limits.pages) {
    throw new TaskFailed('document_too_large', `The document has ${pdf.numPages} pages; at most ${limits.pages} are read.`);
  }
  const pages = await readPages(pdf, limits, onPage);
  const lines = dropRunningLines(pages).flatMap(breakParagraphs);
  return { pages: pdf.numPages, title: await titleOf(pdf), paragraphs: joinLines(lines) };
}

async function open(bytes: Buffer): Promise<PDFDocumentProxy> {
  try {
    return await getDocument({
      data: new Uint8Array(bytes),
      verbosity: VerbosityLevel.ERRORS,
      // Nothing is drawn, so no font has to be loaded; these only turn character codes into letters.
      disableFontFace: true,
      useSystemFonts: false,
      cMapUrl: fileURLToPath(new URL('cmaps/', pdfjs)),
      cMapPacked: true,
      standardFontDataUrl: fileURLToPath(new URL('standard_fonts/', pdfjs)),
    }).promise;
  } catch (error) {
    if (error instanceof PasswordException) {
      throw new TaskFailed('document_encrypted', 'The document is protected by a password.', { cause: error });
    }
    throw new TaskFailed('document_unreadable', 'The document is damaged or incomplete: it cannot be opened as a PDF.', { cause: error });
  }
}

async function readPages(pdf: PDFDocumentProxy, limits: Pick<Limits, 'textChars'>, onPage: OnPage): Promise<PdfPage[]> {
  const pages: PdfPage[] = [];
  let chars = 0;
  let broken = 0;
  for (let number = 1; number <= pdf.numPages; number += 1) {
    onPage(number, pdf.numPages);
    const page = await pdf.getPage(number).then(readPage, () => null);
    if (!page) broken += 1;
    else pages.push(page);
    for (const line of page?.lines ?? []) chars += line.text.length;
    if (chars > limits.textChars) throw new TaskFailed('document_too_large', 'The document holds more text than is read.');
    // A few bad pages are no reason to refuse the others, half of them is: the answer would mislead.
    if (broken > pdf.numPages / 2)
      throw new TaskFailed('document_unreadable', 'The document is damaged: most of its pages cannot be read.');
  }
  return pages;
}

async function titleOf(pdf: PDFDocumentProxy): Promise<string | null> {
  const metadata = await pdf.getMetadata().catch(() => null);
  const title = (metadata?.info as { Title?: unknown } | undefined)?.Title;
  return typeof title === 'string' ? title : null;
}
