import mammoth from 'mammoth';
import type { DocumentText } from './document.js';
import { readMarkup } from './read-html.js';
import { WordFile } from './word/file.js';

type Input = Parameters<typeof mammoth.convertToHtml>[0];

/** Word to simple HTML, and from there as any HTML. Images are dropped unread, nothing outside the file is fetched. */
export async function readDocx(bytes: Buffer): Promise<DocumentText> {
  // The types leave out that a file may be given that is open already.
  const input = { file: new WordFile(bytes) } as unknown as Input;
  const { value } = await mammoth.convertToHtml(input, {
    externalFileAccess: false,
    // The file's own rules for what becomes of which style: they may drop text that Word shows.
    includeEmbeddedStyleMap: false,
    convertImage: mammoth.images.imgElement(async () => ({ src: '' })),
    // Capitals of Word's are set apart, as bold type is: what is typed below them is in small letters.
    styleMap: ["p[style-name='Title'] => h1:fresh", "p[style-name='Subtitle'] => h2:fresh", 'all-caps => strong', 'small-caps => strong'],
  });
  return readMarkup(value);
}
