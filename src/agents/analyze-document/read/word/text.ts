import type { WordNumbering } from './numbering.js';
import { type ListProperties, readListProperty, type WordStyles } from './styles.js';
import { parseWordXml, type WordElement, type WordHandler, within } from './xml.js';

interface WordParagraph extends ListProperties {
  style: string | null;
  inTextBox: boolean;
  /** Where its text begins; null without any that is printed. */
  at: number | null;
  /** The sign for its end is hidden. */
  endHidden: boolean;
  /** Its end was taken out, so that what it holds goes on in the next, or it was moved away. */
  removed: 'deleted' | 'moved' | null;
}

interface Run {
  element: WordElement;
  style: string | null;
  /** As it says itself; null: as its styles say. */
  hidden: boolean | null;
  struck: boolean;
  settled: boolean;
}

/**
 * A part of a Word file with what Word prints: numbers are written into the text, and hidden text, struck text and what
 * stands for pictures is taken out. All else stays as it is, byte for byte.
 * @param notes takes the notes that are in the part, and says which of those it names there are
 */
export function printWordText(xml: string, styles: WordStyles, numbering: WordNumbering | null, notes = new Set<string>()): string {
  const reader = new WordTextReader(xml, styles, notes);
  parseWordXml(xml, reader);
  const edits = reader.cuts;
  if (numbering) edits.push(...writeNumbers(reader.paragraphs, numbering));
  return apply(xml, edits);
}

interface Edit {
  from: number;
  to: number;
  insert: string;
}

/** Empty paragraphs count, but a number alone would stand over what follows. */
function* writeNumbers(paragraphs: readonly WordParagraph[], numbering: WordNumbering): Iterable<Edit> {
  let before: number | null = null;
  for (const paragraph of paragraphs) {
    if (paragraph.removed === 'deleted') {
      before ??= paragraph.at;
      continue;
    }
    const counts = paragraph.removed === null && (paragraph.at !== null || !paragraph.endHidden);
    const number = counts ? numbering.next(paragraph) : null;
    const at: number | null = before ?? paragraph.at;
    // Into the text that is there: a run of its own would cost much memory in long documents.
    if (number !== null && at !== null) yield { from: at, to: at, insert: escapeXml(number) };
    before = null;
  }
}

function apply(xml: string, edits: Edit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { from, to, insert } of edits.sort((a, b) => a.from - b.from)) {
    if (from < at) continue;
    parts.push(xml.slice(at, from), insert);
    at = to;
  }
  return parts.join('') + xml.slice(at);
}

function escapeXml(text: string): string {
  return text.replace(/[&<>]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign]!);
}

class WordTextReader implements WordHandler {
  /** In the order in which they begin. */
  readonly paragraphs: WordParagraph[] = [];
  readonly cuts: Edit[] = [];
  private readonly around: WordParagraph[] = [];
  private readonly runs: Run[] = [];
  private textBoxes = 0;
  /** What is open and goes unread from here on. */
  private skipped: WordElement | null = null;

  constructor(
    private readonly xml: string,
    private readonly styles: WordStyles,
    private readonly notes: Set<string>,
  ) {}

  open(element: WordElement, parents: readonly WordElement[]): void {
    this.settleRun(parents, element);
    if (this.skipped) return;
    const { name } = element;
    if (name === 'p') this.openParagraph();
    else if (name === 'r') this.runs.push({ element, style: null, hidden: null, struck: false, settled: false });
    else if (name === 'txbxContent') this.textBoxes += 1;
    else if (name === 'footnote' || name === 'endnote') this.notes.add(`${name} ${element.get('id')}`);
    else if (name === 'hyperlink') this.cutTarget(element);
    else if (within(parents, 'tr', 'trPr') && (name === 'del' || (name === 'hidden' && element.isOn()))) this.skipped = parents.at(-2)!;
    else if (within(parents, 'r', 'rPr')) this.readRunProperty(element);
    else if (within(parents, 'p', 'pPr', 'rPr')) this.readEndProperty(element);
    else if (within(parents, 'p', 'pPr', 'numPr')) readListProperty(element, this.around.at(-1)!);
    else if (within(parents, 'p', 'pPr') && name === 'pStyle') this.around.at(-1)!.style = element.get('val');
    // Of alternative content the fallback is read; it says the same over again.
    else if (name === 'del' || name === 'moveFrom' || name === 'mc:Choice') this.skipped = element;
  }

  close(element: WordElement, parents: readonly WordElement[], end: number): void {
    if (this.skipped && this.skipped !== element) return;
    const { name, start } = element;
    if (this.skipped && (name === 'r' || name === 'tr')) this.cuts.push({ from: start, to: end, insert: '' });
    this.skipped = null;
    if (name === 'p') this.around.pop();
    else if (name === 'r') this.runs.pop();
    else if (name === 'txbxContent') this.textBoxes -= 1;
    else if (name === 'rPr') this.settleRun(parents, null);
    else if (name === 'drawing' || name === '?imagedata' || this.isLost(element)) this.cuts.push({ from: start, to: end, insert: '' });
  }

  text(text: string, parents: readonly WordElement[]): void {
    const paragraph = this.around.at(-1);
    const around = parents.at(-1);
    if (!this.skipped && paragraph && around?.name === 't' && text.trim()) paragraph.at ??= around.end;
  }

  /** A mark whose note is not in the file. */
  private isLost(element: WordElement): boolean {
    const [, note] = /^(footnote|endnote)Reference$/.exec(element.name) ?? [];
    return note !== undefined && !this.notes.has(`${note} ${element.get('id')}`);
  }

  /** Where a link leads does not matter, unless it is nowhere: mammoth stumbles over that. */
  private cutTarget({ start, end }: WordElement): void {
    const target = /\s[\w.-]+:id\s*=\s*(?:"[^"]*"|'[^']*')/.exec(this.xml.slice(start, end));
    if (target) this.cuts.push({ from: start + target.index, to: start + target.index + target[0].length, insert: '' });
  }

  private openParagraph(): void {
    const paragraph: WordParagraph = {
      numId: null,
      level: null,
      style: null,
      inTextBox: this.textBoxes > 0,
      at: null,
      endHidden: false,
      removed: null,
    };
    this.paragraphs.push(paragraph);
    this.around.push(paragraph);
  }

  private readEndProperty(element: WordElement): void {
    const paragraph = this.around.at(-1)!;
    if (element.name === 'vanish') paragraph.endHidden = element.isOn();
    else if (element.name === 'del') paragraph.removed = 'deleted';
    else if (element.name === 'moveFrom') paragraph.removed ??= 'moved';
  }

  private readRunProperty(element: WordElement): void {
    const run = this.runs.at(-1)!;
    if (element.name === 'vanish') run.hidden = element.isOn();
    else if (element.name === 'strike' || element.name === 'dstrike') run.struck ||= element.isOn();
    else if (element.name === 'rStyle') run.style = element.get('val');
  }

  /** Behind its properties, or before the first of its contents, it is known whether a run is hidden. */
  private settleRun(parents: readonly WordElement[], next: WordElement | null): void {
    const run = this.runs.at(-1);
    if (this.skipped || !run || run.settled || parents.at(-1) !== run.element || next?.name === 'rPr') return;
    run.settled = true;
    if (run.struck || (run.hidden ?? this.styles.isHidden(this.around.at(-1)?.style ?? null, run.style))) this.skipped = run.element;
  }
}
