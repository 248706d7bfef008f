import { TaskFailed } from '../../agent.js';
import type { Limits } from '../limits.js';
import { type DocumentType, detectType } from './detect-type.js';
import type { DocumentText, OnPage } from './document.js';
import { checkZip, isZip } from './zip.js';

/** Bytes of any kind to paragraphs of text, or the reason why not. */
export async function readDocument(bytes: Buffer, limits: Limits, onPage: OnPage): Promise<DocumentText> {
  if (bytes.every((byte) => byte <= 32)) throw new TaskFailed('document_empty', 'The document is empty.');
  // Before anything looks inside, also before the type is known: detection reads entries of a ZIP.
  if (isZip(bytes)) checkZip(bytes, limits);
  const document = await read(await detectType(bytes), bytes, limits, onPage);
  checkText(document, limits);
  return document;
}

/** The libraries take longer to load than a short document to read, and each kind needs but one of them. */
async function read(type: DocumentType, bytes: Buffer, limits: Limits, onPage: OnPage): Promise<DocumentText> {
  switch (type) {
    case 'pdf':
      return (await import('./read-pdf.js')).readPdf(bytes, limits, onPage);
    case 'docx':
      return (await import('./read-docx.js')).readDocx(bytes).catch((cause) => {
        if (cause instanceof RangeError || cause instanceof TaskFailed) throw cause;
        throw new TaskFailed('document_unreadable', 'The document is damaged or incomplete: it cannot be opened as a Word file.', {
          cause,
        });
      });
    case 'html':
      return (await import('./read-html.js')).readHtml(bytes);
    case 'text':
      return (await import('./read-text.js')).readText(bytes);
    default:
      return type satisfies never;
  }
}

function checkText({ paragraphs, pages }: DocumentText, limits: Limits): void {
  let chars = 0;
  let letters = 0;
  for (const { text } of paragraphs) {
    chars += text.length;
    letters += text.match(/\p{L}/gu)?.length ?? 0;
  }
  if (chars > limits.textChars) throw new TaskFailed('document_too_large', 'The document holds more text than is read.');
  // A scan may carry a stamp or a page number as text; that is not its contents.
  if (letters === 0 || (pages !== null && letters < pages * 25)) {
    throw new TaskFailed(
      'document_has_no_text',
      'The document holds no text to read; it may be a scan, which needs text recognition first.',
    );
  }
}
