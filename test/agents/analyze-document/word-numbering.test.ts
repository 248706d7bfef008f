import { describe, expect, it } from '@jest/globals';
import { formatNumber } from '../../../src/agents/analyze-document/read/number-formats.js';
import { type NumberedParagraph, WordNumbering } from '../../../src/agents/analyze-document/read/word/numbering.js';
import { WordStyles } from '../../../src/agents/analyze-document/read/word/styles.js';
import { printWordText } from '../../../src/agents/analyze-document/read/word/text.js';
import { inList, wordList, wordListUse, wordNamespace, wordNumbering, wordParagraph } from './documents.js';

const clauses = wordList(0, ['decimal', '%1.'], ['decimal', '%1.%2'], ['lowerLetter', '(%3)']);

type Place = [use: number | null, level: number | null, style?: string, inTextBox?: boolean];

function numbers(numbering: string, places: Place[], styles = ''): (string | null)[] {
  const known = WordStyles.read(`<w:styles ${wordNamespace}>${styles}</w:styles>`);
  const counter = WordNumbering.read(wordNumbering(numbering), known);
  return places.map(([use, level, style = null, inTextBox = false]) => {
    const paragraph: NumberedParagraph = { numId: use === null ? null : String(use), level, style, inTextBox };
    return counter.next(paragraph)?.trim() ?? null;
  });
}

describe('the numbers of a Word document', () => {
  it('start anew below each level above, and take what is above from there', () => {
    expect(
      numbers(clauses + wordListUse(1, 0), [
        [1, 0],
        [1, 1],
        [1, 2],
        [1, 2],
        [1, 1],
        [1, 2],
        [1, 0],
        [1, 1],
      ]),
    ).toEqual(['1.', '1.1', '(a)', '(b)', '1.2', '(a)', '2.', '2.1']);
  });

  it('are counted for each definition, whichever of its uses a paragraph names', () => {
    const other = wordList(1, ['upperLetter', '(%1)']);
    const places: Place[] = [
      [1, 0],
      [3, 0],
      [2, 0],
      [3, 0],
      [1, 0],
    ];
    expect(numbers(clauses + other + wordListUse(1, 0) + wordListUse(2, 0) + wordListUse(3, 1), places)).toEqual([
      '1.',
      '(A)',
      '2.',
      '(B)',
      '3.',
    ]);
  });

  it('start anew once with a use that says so', () => {
    const anew = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride>';
    const places: Place[] = [
      [1, 0],
      [1, 1],
      [2, 0],
      [2, 1],
      [2, 0],
      [1, 0],
    ];
    expect(numbers(clauses + wordListUse(1, 0) + wordListUse(2, 0, anew), places)).toEqual(['1.', '1.1', '5.', '5.1', '6.', '7.']);
  });

  it('follow a use that numbers a level in its own way', () => {
    const own =
      '<w:lvlOverride w:ilvl="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="ARTICLE %1"/></w:lvl></w:lvlOverride>';
    const places: Place[] = [
      [1, 0],
      [1, 0],
      [1, 1],
    ];
    expect(numbers(clauses + wordListUse(1, 0, own), places)).toEqual(['ARTICLE I', 'ARTICLE II', 'II.1']);
  });

  it('are all decimal in a level that says so', () => {
    const list = wordList(0, ['upperRoman', 'Article %1'], ['decimal', 'Section %1.%2', '<w:isLgl/>']);
    const places: Place[] = [
      [1, 0],
      [1, 0],
      [1, 1],
    ];
    expect(numbers(list + wordListUse(1, 0), places)).toEqual(['Article I', 'Article II', 'Section 2.1']);
  });

  it('run on where a level does not start anew, or only below a certain one', () => {
    const never = wordList(0, ['decimal', '%1.'], ['decimal', '%1.%2'], ['decimal', '[%3]', '<w:lvlRestart w:val="0"/>']);
    const top = wordList(1, ['decimal', '%1.'], ['decimal', '%1.%2'], ['decimal', '[%3]', '<w:lvlRestart w:val="1"/>']);
    const levels = [0, 1, 2, 1, 2, 0, 1, 2];
    const run = (use: number) =>
      numbers(
        never + top + wordListUse(1, 0) + wordListUse(2, 1),
        levels.map((level): Place => [use, level]),
      );
    expect(run(1).filter((number) => number?.startsWith('['))).toEqual(['[1]', '[2]', '[3]']);
    expect(run(2).filter((number) => number?.startsWith('['))).toEqual(['[1]', '[2]', '[1]']);
  });

  it('come from the style of a paragraph and what that is based on, unless the paragraph has its own or none', () => {
    const list = wordList(0, ['decimal', '%1.', '<w:pStyle w:val="Heading1"/>'], ['decimal', '%1.%2', '<w:pStyle w:val="Heading2"/>']);
    const style = (id: string, more: string) => `<w:style w:type="paragraph" w:styleId="${id}">${more}</w:style>`;
    const styles =
      style('Heading1', '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>') +
      style('Heading2', '<w:basedOn w:val="Heading1"/>') +
      style('Mine', '<w:basedOn w:val="Heading2"/>') +
      style('Plain', '<w:basedOn w:val="Heading1"/><w:pPr><w:numPr><w:numId w:val="0"/></w:numPr></w:pPr>') +
      style('Loop', '<w:basedOn w:val="Loop"/>');
    const places: Place[] = [
      [null, null, 'Heading1'],
      [null, null, 'Heading2'],
      [null, null, 'Mine'],
      [null, null, 'Plain'],
      [0, null, 'Heading1'],
      [null, 0, 'Heading2'],
      [null, null, 'Loop'],
      [null, null],
    ];
    expect(numbers(list + wordListUse(1, 0), places, styles)).toEqual(['1.', '1.1', '1.2', null, null, '2.', null, null]);
  });

  it('come by way of a numbering style', () => {
    const link = '<w:abstractNum w:abstractNumId="5"><w:numStyleLink w:val="Legal"/></w:abstractNum>';
    const styles = '<w:style w:type="numbering" w:styleId="Legal"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>';
    const places: Place[] = [
      [1, 0],
      [2, 0],
    ];
    expect(numbers(clauses + link + wordListUse(1, 0) + wordListUse(2, 5), places, styles)).toEqual(['1.', '2.']);
  });

  it('are counted apart in text boxes', () => {
    const places: Place[] = [
      [1, 0],
      [1, 0, undefined, true],
      [1, 0],
    ];
    expect(numbers(clauses + wordListUse(1, 0), places)).toEqual(['1.', '1.', '2.']);
  });

  it('are left out where they are not understood, hidden or not there', () => {
    const odd = wordList(
      0,
      ['bullet', '-'],
      ['thaiLetters', '%2.'],
      ['decimal', '%2.%3'],
      ['decimal', '%4.', '<w:rPr><w:vanish/></w:rPr>'],
      ['decimal', '%9'],
      ['decimal', ''],
      ['decimal', `${'x'.repeat(300)}%7`],
    );
    const levels = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((level): Place => [1, level]);
    expect(numbers(odd + wordListUse(1, 0), [...levels, [2, 0], [77, 0]])).toEqual(Array(11).fill(null));
  });

  it('are written in the formats of contracts', () => {
    const write = (format: string, ...values: number[]) => values.map((value) => formatNumber(value, format));
    expect(write('decimalZero', 1, 12)).toEqual(['01', '12']);
    expect(write('lowerLetter', 1, 26, 27, 28, 781)).toEqual(['a', 'z', 'aa', 'bb', null]);
    expect(write('upperRoman', 4, 149, 1999, 4000)).toEqual(['IV', 'CXLIX', 'MCMXCIX', null]);
    expect(write('ordinal', 1, 2, 3, 11, 22)).toEqual(['1st', '2nd', '3rd', '11th', '22nd']);
    expect(write('cardinalText', 1, 15, 40, 42, 100)).toEqual(['One', 'Fifteen', 'Forty', 'Forty-two', null]);
    expect(write('ordinalText', 1, 12, 30, 31)).toEqual(['First', 'Twelfth', 'Thirtieth', 'Thirty-first']);
    expect(write('none', 3)).toEqual(['']);
    expect(write('hebrew1', 3)).toEqual([null]);
  });
});

describe('the text of a Word document as printed', () => {
  const styles = new WordStyles();
  const print = (body: string, root = wordNamespace) => {
    const numbering = WordNumbering.read(wordNumbering(clauses + wordListUse(1, 0)), styles);
    const xml = `<w:document ${root}><w:body>${body}</w:body></w:document>`;
    return printWordText(xml, styles, numbering).slice(`<w:document ${root}><w:body>`.length, -'</w:body></w:document>'.length);
  };
  const texts = (xml: string) => Array.from(xml.matchAll(/<w:t[^>]*>([^<]*)/g), (match) => match[1]).join('');
  const first = inList(1, 0);

  it('has numbers before what a paragraph holds, and nothing else changed', () => {
    const plain = `${wordParagraph('A &amp; B')}<w:p w:x="1"><w:pPr><w:jc w:val="left"/></w:pPr></w:p><!-- <w:p> -->`;
    expect(print(plain)).toBe(plain);
    expect(print(wordParagraph('Term', first))).toBe(
      `<w:p><w:pPr>${first}</w:pPr><w:r><w:t xml:space="preserve">1. Term</w:t></w:r></w:p>`,
    );
  });

  it('counts empty paragraphs and gives them no number, and does not count those that are hidden', () => {
    const gone = `<w:p><w:pPr>${first}<w:rPr><w:vanish/></w:rPr></w:pPr><w:r><w:rPr><w:vanish/></w:rPr><w:t>gone</w:t></w:r></w:p>`;
    expect(texts(print(wordParagraph('', first) + gone + wordParagraph('Term', first)))).toBe('2. Term');
  });

  it('is that after all changes that are tracked', () => {
    const mark = (sign: string) => `${first}<w:rPr><w:${sign} w:id="1"/></w:rPr>`;
    const old = '<w:pPrChange w:id="2"><w:pPr><w:numPr><w:ilvl w:val="1"/><w:numId w:val="9"/></w:numPr></w:pPr></w:pPrChange>';
    const body =
      wordParagraph('One', first) +
      `<w:p><w:pPr>${mark('del')}</w:pPr><w:del w:id="3"><w:r><w:delText>Two</w:delText></w:r></w:del></w:p>` +
      `<w:p><w:pPr>${mark('moveFrom')}</w:pPr><w:moveFrom w:id="4"><w:r><w:t>Moved</w:t></w:r></w:moveFrom></w:p>` +
      wordParagraph('Three', first + old) +
      wordParagraph('Joined ', mark('del')) +
      wordParagraph('four', first);
    expect(texts(print(body))).toBe('1. OneMoved2. Three3. Joined four');
  });

  it('counts what is there twice, for old programs and new ones, once', () => {
    const twice = `<mc:AlternateContent><mc:Choice>${wordParagraph('new', first)}</mc:Choice><mc:Fallback>${wordParagraph('old', first)}</mc:Fallback></mc:AlternateContent>`;
    const root = `${wordNamespace} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"`;
    expect(texts(print(twice + wordParagraph('Term', first), root))).toBe('new1. old2. Term');
  });

  it('goes by the names of the namespace, not by its prefix', () => {
    const xml = `<document xmlns="http://purl.oclc.org/ooxml/wordprocessingml/main" xmlns:q="http://purl.oclc.org/ooxml/wordprocessingml/main"><body><p><pPr><numPr><numId q:val="1"/></numPr></pPr><r><t>Term</t></r></p><q:p><q:r><q:rPr><q:vanish/></q:rPr><q:t>gone</q:t></q:r></q:p></body></document>`;
    const numbering = WordNumbering.read(wordNumbering(clauses + wordListUse(1, 0)), styles);
    const printed = printWordText(xml, styles, numbering);
    expect(printed).toContain('<t>1. Term');
    expect(printed).not.toContain('gone');
  });

  it('is refused with a DTD', () => {
    expect(() => printWordText('<!DOCTYPE d [<!ENTITY x "y">]><d>&x;</d>', styles, null)).toThrow('DTD');
  });
});
