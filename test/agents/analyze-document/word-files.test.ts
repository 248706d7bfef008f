import { describe, expect, it } from '@jest/globals';
import { readDocx } from '../../../src/agents/analyze-document/read/read-docx.js';
import { makeDocx, wordNamespace, wordParagraph } from './documents.js';

const namespaces = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"';
const run = (text: string, properties = '') =>
  `<w:r>${properties && `<w:rPr>${properties}</w:rPr>`}<w:t xml:space="preserve">${text}</w:t></w:r>`;
const read = async (...parameters: Parameters<typeof makeDocx>) =>
  (await readDocx(makeDocx(...parameters))).paragraphs.map(({ text }) => text);

describe('a Word file that names what it does not hold is read without it', () => {
  const picture = `<w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"><a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:graphicData><pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:blipFill><a:blip r:embed="rId9" ${namespaces}/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>`;
  it.each([
    ['a footnote', '<w:r><w:footnoteReference w:id="9"/></w:r>'],
    ['an endnote', '<w:r><w:endnoteReference w:id="9"/></w:r>'],
    ['a comment', '<w:r><w:commentReference w:id="9"/></w:r>'],
    ['a picture', picture],
    [
      'an old picture',
      `<w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:imagedata r:id="rId9" ${namespaces}/></v:shape></w:pict></w:r>`,
    ],
    ['a link', `<w:hyperlink r:id="rId9" w:anchor="x" ${namespaces}>${run('')}</w:hyperlink>`],
  ])('%s', async (_, missing) => {
    expect(await read(`<w:p>${run('1. Supplier sells')}${missing}${run(' pears.')}</w:p>`)).toEqual(['1. Supplier sells pears.']);
  });

  it('and what a link says stays', async () => {
    expect(await read(`<w:p><w:hyperlink r:id="rId9" ${namespaces}>${run('Pears')}</w:hyperlink>${run(' are sold.')}</w:p>`)).toEqual([
      'Pears are sold.',
    ]);
  });
});

describe('of a Word file are not read', () => {
  it('the marks of its notes, whose text is', async () => {
    const notes = `<w:footnotes ${wordNamespace}><w:footnote w:id="2">${wordParagraph('Green ones.')}</w:footnote></w:footnotes>`;
    const body = `<w:p>${run('Supplier sells pears')}<w:r><w:footnoteReference w:id="2"/></w:r>${run('.')}</w:p>`;
    expect(await read(body, [{ name: 'word/footnotes.xml', data: Buffer.from(notes) }])).toEqual(['Supplier sells pears.', 'Green ones.']);
  });

  it('words that are struck out', async () => {
    for (const struck of ['<w:strike/>', '<w:dstrike/>', '<w:strike w:val="true"/>'])
      expect(await read(`<w:p>${run('Supplier sells ')}${run('all ', struck)}${run('pears.', '<w:strike w:val="0"/>')}</w:p>`)).toEqual([
        'Supplier sells pears.',
      ]);
  });
});

describe('a paragraph of a Word file is prominent', () => {
  it.each(['<w:b/>', '<w:caps/>', '<w:smallCaps/>'])('when it is short and all %s', async (look) => {
    const body = [
      run('Sale of ', look) + run('pears', look),
      run('Sale. ', look) + run('Of pears.'),
      run('Very '.repeat(40), look),
      run('Pears'),
    ];
    const { paragraphs } = await readDocx(makeDocx(body.map((runs) => `<w:p>${runs}</w:p>`).join('')));
    expect(paragraphs.map(({ prominent }) => prominent)).toEqual([true, false, false, false]);
  });
});
