import type { Line } from './document.js';
import type { PdfLine, PdfPage } from './pdf-lines.js';

/** Says where paragraphs start, by space, indent, size and short last lines. */
export function breakParagraphs(page: PdfPage): Line[] {
  const pitch = pitchOf(page.lines);
  const size = median(page.lines.map((line) => line.size));
  const columns = Map.groupBy(page.lines, ({ column }) => column);
  const edges = new Map(Array.from(columns, ([column, lines]) => [column, edgesOf(lines)]));
  return page.lines.map((line, index) => {
    const previous = page.lines[index - 1];
    return {
      text: line.text,
      page: page.number,
      breakBefore: previous && !line.goesOn ? breaks(previous, line, pitch, edges.get(previous.column)!) : false,
      prominent: line.size > size * 1.12,
    };
  });
}

interface Edges {
  left: number;
  right: number;
}

function breaks(previous: PdfLine, line: PdfLine, pitch: number, { left, right }: Edges): boolean {
  // Sentences run on into the next column, where everything else about a line is different.
  if (previous.column > 0 && line.column === previous.column + 1) return ended(previous, right);
  return parted(previous, line, pitch) || indented(previous, line, left) || ended(previous, right) || centred(previous, line, left, right);
}

function edgesOf(lines: readonly PdfLine[]): Edges {
  return { left: common(lines.map((line) => Math.round(line.x))), right: Math.max(0, ...lines.map((line) => line.right)) };
}

function parted(previous: PdfLine, line: PdfLine, pitch: number): boolean {
  const step = line.y - previous.y;
  if (step < 0) return false; // back to the top, in a file of another order: sentences run on
  return step > pitch * 1.3 || Math.abs(line.size - previous.size) > previous.size * 0.15;
}

function indented(previous: PdfLine, line: PdfLine, left: number): boolean {
  return line.x > left + line.size && previous.x < line.x - line.size * 0.8 && endsSentence(previous);
}

function ended(previous: PdfLine, right: number): boolean {
  return previous.right < right - (right - previous.x) * 0.25 && endsSentence(previous);
}

/** A line with much the same space on either side, then one that starts elsewhere: a title above its text. */
function centred(previous: PdfLine, line: PdfLine, left: number, right: number): boolean {
  const margin = previous.size * 3;
  const before = previous.x - left;
  const after = right - previous.right;
  // An indented first line has space before it too, but fills the rest, or its sentence goes on.
  const alike = Math.min(before, after) > margin && Math.abs(before - after) < Math.min(before, after, margin * 2);
  return alike && Math.abs(line.x - previous.x) > margin && !/^\p{Ll}/u.test(line.text);
}

function endsSentence(line: PdfLine): boolean {
  return /[.;:!?]["”’')\]]*$/.test(line.text);
}

/** From one line to the next, as most are. */
export function pitchOf(lines: readonly PdfLine[]): number {
  return median(pitches(lines));
}

function pitches(lines: readonly PdfLine[]): number[] {
  const steps: number[] = [];
  for (let index = 1; index < lines.length; index += 1) {
    const step = lines[index]!.y - lines[index - 1]!.y;
    if (step > 1) steps.push(step);
  }
  return steps;
}

function median(values: number[]): number {
  if (values.length === 0) return Number.POSITIVE_INFINITY;
  values.sort((a, b) => a - b);
  return values[values.length >> 1]!;
}

/** The most frequent value: where most lines begin. */
function common(values: readonly number[]): number {
  const counts = new Map<number, number>();
  let best = 0;
  for (const value of values) {
    const count = (counts.get(value) ?? 0) + 1;
    counts.set(value, count);
    if (count > (counts.get(best) ?? 0)) best = value;
  }
  return best;
}
