import { describe, expect, it } from '@jest/globals';
import { dropLineNumbers } from '../../../src/agents/analyze-document/read/line-numbers.js';

const at = (x: number, y: number, text: string) => ({ text, x, y, width: text.length * 5, size: 10 });
const lines = (count: number, every = 1) =>
  Array.from({ length: count }, (_, line) => [
    ...(line % every === 0 ? [at(40, 50 + line * 24, `${line / every + 1}`)] : []),
    at(72, 50 + line * 24, 'All pears are green, and all apples are red.'),
  ]).flat();
const numbersIn = (pieces: ReturnType<typeof lines>) => dropLineNumbers(pieces).filter(({ text }) => /^\d+$/.test(text)).length;

describe('numbers before each line of a PDF page', () => {
  it('go', () => {
    expect(numbersIn(lines(9))).toBe(0);
    expect(dropLineNumbers(lines(9))).toHaveLength(9);
  });

  it('stay when they are numbers of clauses of some lines each, or few', () => {
    expect(numbersIn(lines(24, 3))).toBe(8);
    expect(numbersIn(lines(5))).toBe(5);
  });

  it('stay when they do not count, or stand within the text', () => {
    expect(numbersIn(lines(9).map((piece, index) => (index === 8 ? { ...piece, text: '77' } : piece)))).toBe(9);
    expect(numbersIn(lines(9).map((piece) => (piece.x === 40 ? { ...piece, x: 300 } : piece)))).toBe(9);
  });
});
