import type { PDFPageProxy } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { cleanText, squeeze } from './clean-text.js';
import { type Printed, readColumns } from './columns.js';
import { dropLineNumbers } from './line-numbers.js';

/** A printed line and where it stands. Units are PDF points, y grows downwards. */
export interface PdfLine {
  text: string;
  x: number;
  /** Right end. */
  right: number;
  /** Baseline. */
  y: number;
  /** Of the letters. */
  size: number;
  /** As `readColumns` counts them. */
  column: number;
  /** In the sentence of the line before, whatever space there is between them. */
  goesOn?: boolean;
}

export interface PdfPage {
  number: number;
  height: number;
  lines: PdfLine[];
}

interface Piece extends Printed {
  /** Quarter turns. */
  turn: number;
}

export async function readPage(page: PDFPageProxy): Promise<PdfPage> {
  const [, , width = 0, height = 0] = page.view;
  const { items } = await page.getTextContent({ disableNormalization: false });
  const pieces: Piece[] = [];
  for (const item of items)
    if ('str' in item && item.str !== '') pieces.push(piece(item.str, item.transform as number[], item.width, item.height));
  page.cleanup();
  const turn = mainTurn(pieces);
  const upright = pieces.filter((each) => each.turn === turn).map((each) => rotate(each, turn, width, height));
  return { number: page.pageNumber, height: turn % 2 ? width : height, lines: toLines(readColumns(dropLineNumbers(upright))) };
}

function piece(str: string, [a = 0, b = 0, c = 0, d = 0, x = 0, y = 0]: number[], width: number, height: number): Piece {
  const turn = Math.round((Math.atan2(b, a) * 2) / Math.PI + 4) % 4;
  return { text: str, x, y, width, size: height || Math.hypot(c, d), turn };
}

/** Most letters decide which way is up; stamps and marks along the margin go. */
function mainTurn(pieces: readonly Piece[]): number {
  const letters = [0, 0, 0, 0];
  for (const { turn, text } of pieces) letters[turn] = (letters[turn] ?? 0) + text.length;
  return letters.indexOf(Math.max(...letters));
}

function rotate(piece: Piece, turn: number, width: number, height: number): Piece {
  const { x, y } = piece;
  if (turn === 1) return { ...piece, x: y, y: x };
  if (turn === 2) return { ...piece, x: width - x, y };
  if (turn === 3) return { ...piece, x: height - y, y: width - x };
  return { ...piece, y: height - y };
}

/**
 * Keeps the order of the pieces. They join one line while they stay on its baseline (raised numbers too) and go on to the
 * right.
 */
function toLines(pieces: readonly (Piece & { column: number })[]): PdfLine[] {
  const lines: PdfLine[] = [];
  let line: PdfLine | null = null;
  for (const next of pieces) {
    // On paper a soft hyphen is a hyphen: it is there because it was printed.
    const text = cleanText(next.text.replaceAll('\u00ad', '-')).replace(/\n/g, ' ');
    if (!text) continue;
    if (line && continues(line, next)) {
      const gap = next.x - line.right;
      line.text += gap > line.size * 0.18 && !line.text.endsWith(' ') && !text.startsWith(' ') ? ` ${text}` : text;
      line.right = Math.max(line.right, next.x + next.width);
      if (text.trim()) line.size = Math.max(line.size, next.size);
    } else if (text.trim()) {
      line = { text, x: next.x, right: next.x + next.width, y: next.y, size: next.size, column: next.column };
      lines.push(line);
    }
  }
  for (const each of lines) each.text = squeeze(each.text);
  return lines.filter((each) => each.text);
}

function continues(line: PdfLine, next: Piece & { column: number }): boolean {
  const size = Math.max(line.size, next.size);
  return next.column === line.column && Math.abs(next.y - line.y) < size * 0.45 && next.x > line.right - size * 1.5;
}
