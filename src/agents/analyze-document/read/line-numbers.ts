import type { Printed } from './columns.js';

/** With fewer they may be the numbers of clauses, or of the rows of a table. */
const leastNumbers = 8;
/** So many of the rows of a page have one. */
const numberedRows = 0.8;

/** Leaves out the numbers that drafts and pleadings have before each line: whole numbers in a row, left of all else. */
export function dropLineNumbers<P extends Printed>(pieces: readonly P[]): readonly P[] {
  const printed = pieces.filter(({ text }) => text.trim());
  const digits = printed.filter(({ text }) => isNumber(text));
  if (digits.length < leastNumbers) return pieces;
  const others = printed.filter(({ text }) => !isNumber(text));
  const left = others.reduce((least, { x }) => Math.min(least, x), Number.POSITIVE_INFINITY);
  const numbers = digits.filter(({ x, width }) => x + width < left).sort((a, b) => a.y - b.y);
  const inRow = numbers.every(({ text }, index) => index === 0 || Number(text) === Number(numbers[index - 1]!.text) + 1);
  if (numbers.length < leastNumbers || !inRow) return pieces;
  const rows = [...new Set(others.map(({ y }) => Math.round(y)))];
  const numbered = rows.filter((row) => numbers.some(({ y, size }) => Math.abs(y - row) < size / 2)).length;
  if (numbered < rows.length * numberedRows) return pieces;
  const dropped = new Set(numbers);
  return pieces.filter((piece) => !dropped.has(piece));
}

const isNumber = (text: string) => /^\s*\d{1,4}\s*$/.test(text);
