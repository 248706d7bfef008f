import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TaskFailed } from '../../../src/agents/agent.js';
import { defaultLimits } from '../../../src/agents/analyze-document/limits.js';
import { cleanText } from '../../../src/agents/analyze-document/read/clean-text.js';
import type { Line } from '../../../src/agents/analyze-document/read/document.js';
import { joinLines } from '../../../src/agents/analyze-document/read/join-lines.js';
import { titleOf } from '../../../src/agents/analyze-document/read/title.js';
import { checkZip } from '../../../src/agents/analyze-document/read/zip.js';
import { makeZip } from './documents.js';

function join(...texts: string[]): string[] {
  const lines: Line[] = texts.map((text) => ({ text, page: 1, breakBefore: false }));
  return joinLines(lines).map(({ text }) => text);
}

describe('joining lines', () => {
  it('undoes hyphens of line ends and keeps those of words', () => {
    expect(join('the exclu-', 'sive right')).toEqual(['the exclusive right']);
    expect(join('a non-', 'exclusive right')).toEqual(['a non-exclusive right']);
    expect(join('day-', 'to-day business')).toEqual(['day-to-day business']);
    expect(join('out-of-', 'pocket expenses')).toEqual(['out-of-pocket expenses']);
    expect(join('the state-of-the-', 'art press')).toEqual(['the state-of-the-art press']);
    expect(join('a non-exclu-', 'sive right')).toEqual(['a non-exclusive right']);
    expect(join('the Anglo-', 'American text')).toEqual(['the Anglo-American text']);
    expect(join('the B-', 'side of it')).toEqual(['the B-side of it']);
    expect(join('from 2020-', '2024 on')).toEqual(['from 2020- 2024 on']);
  });

  it('starts a paragraph at a number, unless the line before leads up to it', () => {
    expect(join('It ends here.', '2. Term. It lasts.')).toHaveLength(2);
    expect(join('as required by Section', '2. Nothing else is')).toHaveLength(1);
  });

  it('drops page numbers that stand alone', () => {
    expect(
      joinLines(['one', '- 12 -', 'Page 3 of 9', 'two'].map((text) => ({ text, page: null, breakBefore: true }))).map(({ text }) => text),
    ).toEqual(['one', 'two']);
  });
});

describe('the title', () => {
  const title = (...texts: string[]) =>
    titleOf({ pages: null, title: null, paragraphs: texts.map((text) => ({ text, page: null, prominent: false })) });

  it('is the line that reads like one', () => {
    expect(title('Exhibit 9.9', 'Orchard Supply Agreement', '1. Sale', 'License Term')).toBe('Orchard Supply Agreement');
  });

  it('is no heading of a clause, whether its number stands before it or above it', () => {
    expect(title('This is between Ann and Bob.', '2. GRANT OF LICENSE', 'It is free.')).toBeNull();
    expect(title('This is between Ann and Bob.', '4.', 'LICENSE TERM', 'It is a year.')).toBeNull();
    expect(title('THE PEAR LICENSE between Ann and Bob, who are farmers.', '4.', 'LICENSE TERM')).toBe('THE PEAR LICENSE');
  });
});

describe('cleaned text', () => {
  it('is well formed and free of control characters, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }), (text) => {
        const clean = cleanText(text);
        expect(clean.isWellFormed()).toBe(true);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: the point of the test
        expect(clean).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
      }),
    );
  });
});

describe('the check of ZIP files', () => {
  const zip = makeZip([
    { name: 'a', data: Buffer.from('first') },
    { name: 'b', data: Buffer.from('second') },
  ]);

  it('passes a file within the limits and refuses one beyond them', () => {
    expect(() => checkZip(zip, defaultLimits)).not.toThrow();
    expect(() => checkZip(zip, { zipEntries: 1, unzippedBytes: 100 })).toThrow(TaskFailed);
    expect(() => checkZip(zip, { zipEntries: 2, unzippedBytes: 10 })).toThrow(TaskFailed);
  });

  it('only ever refuses, whatever bytes are damaged', () => {
    fc.assert(
      fc.property(fc.nat(zip.length - 1), fc.uint8Array({ minLength: 1, maxLength: 30 }), (at, bytes) => {
        const damaged = Buffer.from(zip);
        damaged.set(bytes.subarray(0, zip.length - at), at);
        try {
          checkZip(damaged, defaultLimits);
        } catch (error) {
          expect(error).toBeInstanceOf(TaskFailed);
        }
      }),
    );
  });
});
