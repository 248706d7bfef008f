import { describe, expect, it } from '@jest/globals';
import { detectType } from '../../../src/agents/analyze-document/read/detect-type.js';
import { readHtml } from '../../../src/agents/analyze-document/read/read-html.js';
import { readText } from '../../../src/agents/analyze-document/read/read-text.js';

const html = (text: string) => readHtml(Buffer.from(text)).paragraphs;
const text = (bytes: Buffer) => readText(bytes).paragraphs.map((paragraph) => paragraph.text);

describe('HTML', () => {
  it('is what begins with an element', async () => {
    for (const name of ['section', 'article', 'main', 'div', 'ol'])
      expect(await detectType(Buffer.from(`<${name}><p>Pears</p></${name}>`))).toBe('html');
  });

  it('is not markdown with elements in it', async () => {
    expect(await detectType(Buffer.from('<p align="center">Logo</p>\n\n# Terms\n\n## 1. Pears\n\nSupplier sells pears.'))).toBe('text');
  });

  it('is read without what is struck out', () => {
    for (const struck of ['<del>all</del>', '<s>all</s>', '<strike>all</strike>', '<span style="text-decoration: line-through">all</span>'])
      expect(html(`<p>Supplier sells ${struck} <ins>green</ins> pears.</p>`)).toMatchObject([{ text: 'Supplier sells green pears.' }]);
  });

  it('has prominent headings', () => {
    for (const name of ['h1', 'h3', 'h6'])
      expect(html(`<${name}>Pears</${name}><p>They are green.</p>`)).toMatchObject([{ prominent: true }, { prominent: false }]);
  });
});

describe('text', () => {
  it('may be UTF-16 without a mark, either way round', async () => {
    const little = Buffer.from('1. Supplier sells “green” pears.', 'utf16le');
    for (const bytes of [little, Buffer.from(little).swap16()]) {
      expect(await detectType(bytes)).toBe('text');
      expect(text(bytes)).toEqual(['1. Supplier sells “green” pears.']);
    }
  });

  it('loses the signs that only say which way to write', () => {
    expect(text(Buffer.from('Supplier \u202asells\u202c \u2066green\u2069 pears\u200e.'))).toEqual(['Supplier sells green pears.']);
  });
});
