/** Something printed. Units are PDF points; y, the baseline, grows downwards. */
export interface Printed {
  text: string;
  x: number;
  y: number;
  width: number;
  size: number;
}

const leastGutter = 8;
const leastRows = 8;
/** Titles and notes may reach over the gutter; text may not. */
const mayCross = 0.15;
/** Of the rows of a column so many fill so much of its width: cells of a table and signatures do not. */
const fullRows = 0.6;
const fullWidth = 0.6;

/**
 * Puts a page of columns into reading order: what stands over more than one parts it into bands, and in each band the
 * columns come from left to right. Within a column, and on any other page, the order of the file stays. Columns count from 1; 0 is what
 * stands over more than one, or on a page without.
 */
export function readColumns<P extends Printed>(pieces: readonly P[]): (P & { column: number })[] {
  const gutters = findGutters(pieces.filter(({ text }) => text.trim()));
  if (gutters.length === 0) return pieces.map((piece) => ({ ...piece, column: 0 }));
  const placed = pieces.map((piece) => ({ ...piece, column: columnOf(piece, gutters) }));
  // The space between two columns is no text.
  const printed = placed.filter(({ column, text }) => column !== 0 || text.trim());
  const across = printed.filter(({ column }) => column === 0).map(({ y }) => y);
  const bands = new Map(printed.map((piece) => [piece, across.filter((y) => y < piece.y).length]));
  // What stands over the columns comes after those above it, which have as much of that above them.
  const isAcross = ({ column }: { column: number }) => Number(column === 0);
  return printed.sort((a, b) => bands.get(a)! - bands.get(b)! || isAcross(a) - isAcross(b) || a.column - b.column);
}

interface Gutter {
  from: number;
  to: number;
}

function columnOf({ x, width }: Printed, gutters: readonly Gutter[]): number {
  const within = gutters.filter(({ from }) => x >= from).length;
  const inside = gutters.every(({ from, to }) => (x + width <= to ? x < from : x >= from));
  return inside ? within + 1 : 0;
}

/** From left to right. Each is looked for in the middle of what those around it part, so that three columns are found as two and one. */
function findGutters(pieces: readonly Printed[]): Gutter[] {
  const gutter = findGutter(pieces);
  if (!gutter) return [];
  const before = pieces.filter(({ x, width }) => x + width <= gutter.to);
  const after = pieces.filter(({ x }) => x >= gutter.from);
  return [...findGutters(before), gutter, ...findGutters(after)];
}

/** A strip in the middle that next to no row crosses, with a column of text on either side. */
function findGutter(pieces: readonly Printed[]): Gutter | null {
  const rows = rowsOf(pieces);
  if (rows.length < leastRows) return null;
  const left = Math.min(...pieces.map(({ x }) => x));
  const right = Math.max(...pieces.map(({ x, width }) => x + width));
  const gutter = emptyStrip(rows, left + (right - left) * 0.3, left + (right - left) * 0.7);
  if (!gutter) return null;
  const columns = [
    { from: left, to: gutter.from },
    { from: gutter.to, to: right },
  ];
  return columns.every((column) => isText(rows, column)) ? gutter : null;
}

type Row = { from: number; to: number }[];

/** Pieces of one baseline, by halves of a letter's height. */
function rowsOf(pieces: readonly Printed[]): Row[] {
  const rows = new Map<number, Row>();
  for (const { x, y, width, size } of pieces) {
    const key = Math.round(y / Math.max(2, size * 0.5));
    rows.set(key, [...(rows.get(key) ?? []), { from: x, to: x + width }]);
  }
  return [...rows.values()];
}

function emptyStrip(rows: readonly Row[], from: number, to: number): Gutter | null {
  let best: Gutter | null = null;
  let start = Number.NaN;
  for (let x = from; x <= to + 1; x += 1) {
    const crossing = rows.filter((row) => row.some((piece) => piece.from < x && piece.to > x)).length;
    const free = x <= to && crossing <= rows.length * mayCross;
    if (free && Number.isNaN(start)) start = x;
    if (free || Number.isNaN(start)) continue;
    if (x - start > (best ? best.to - best.from : leastGutter)) best = { from: start, to: x };
    start = Number.NaN;
  }
  return best;
}

function isText(rows: readonly Row[], { from, to }: Gutter): boolean {
  const widths = rows.flatMap((row) => {
    const own = row.filter((piece) => piece.from >= from - 1 && piece.to <= to + 1);
    return own.length > 0 ? [Math.max(...own.map((piece) => piece.to)) - Math.min(...own.map((piece) => piece.from))] : [];
  });
  const full = widths.filter((width) => width >= (to - from) * fullWidth).length;
  return widths.length >= leastRows && full >= widths.length * fullRows;
}
