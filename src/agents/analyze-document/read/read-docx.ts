import mammoth from 'mammoth';
import type { DocumentText } from './document.js';
import { numberParagraphs } from './number-paragraphs.js';
import { readMarkup } from './read-html.js';

/** Word to simple HTML, and from there as any HTML. Images are dropped unread, nothing outside the file is fetched. */
export async function readDocx(bytes: Buffer): Promise<DocumentText> {
  const { value } = await mammoth.convertToHtml(
    { buffer: bytes },
    {
      externalFileAccess: false,
      convertImage: mammoth.images.imgElement(async () => ({ src: '' })),
      transformDocument: numberParagraphs,
      styleMap: ["p[style-name='Title'] => h1:fresh", "p[style-name='Subtitle'] => h2:fresh"],
    },
  );
  return readMarkup(value);
}
