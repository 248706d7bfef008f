import { formatNumber } from '../number-formats.js';
import type { ListProperties, WordStyles } from './styles.js';
import { parseWordXml, toNumber, type WordElement, type WordHandler, within } from './xml.js';

/** How one level of a list is numbered. */
interface Level {
  start: number;
  /** null for the usual one. */
  format: string | null;
  /** "%1.%2" with the numbers of the levels 1 and 2; null when there is none. */
  text: string | null;
  /** All numbers in the text as 1, 2, 3. */
  legal: boolean;
  /** A paragraph of a level above this one, counted from 1, starts it anew; null for the usual: any above it. */
  restart: number | null;
  suffix: string;
  hidden: boolean;
  /** Paragraphs of this style are on this level. */
  style: string | null;
}

/** `w:abstractNum`: what counts is kept for. */
interface List {
  levels: Map<number, Level>;
  /** The list is that of a numbering style. */
  styleLink: string | null;
}

/** `w:num`: what paragraphs name. */
interface Use {
  list: string;
  levels: Map<number, Level>;
  starts: Map<number, number>;
}

/** The numbers of one level that were given so far. */
interface Count {
  /** null after a restart. */
  value: number | null;
  used: boolean;
}

export interface NumberedParagraph extends ListProperties {
  style: string | null;
  /** Text boxes count by themselves. */
  inTextBox: boolean;
}

const maxLevels = 9;
// Word allows no longer one, and it comes again with every paragraph.
const maxTextChars = 255;

/**
 * Numbers paragraphs as Word does when it draws the page; a file only says "of list 3, level 2" (ECMA-376 Part 1, section
 * 17.9). What the section leaves open is as in [MS-DOC], section 2.4.6.4.
 */
export class WordNumbering {
  private readonly lists = new Map<string, List>();
  private readonly uses = new Map<string, Use>();
  private readonly counts = new Map<string, Count[]>();
  private readonly started = new Set<string>();

  private constructor(private readonly styles: WordStyles) {}

  /** From `word/numbering.xml`. */
  static read(xml: string, styles: WordStyles): WordNumbering {
    const numbering = new WordNumbering(styles);
    parseWordXml(xml, numbering.handler());
    return numbering;
  }

  /**
   * What Word prints before this paragraph, "2.1 " or "(a) "; ask once for each, in order. null for no number, and for one
   * that is not understood.
   */
  next(paragraph: NumberedParagraph): string | null {
    const found = this.find(paragraph);
    if (!found) return null;
    const { use, id, level } = found;
    const values = this.count(use, id, level, paragraph.inTextBox);
    return this.print(use, level, values);
  }

  private find(paragraph: NumberedParagraph): { use: Use; id: string; level: number } | null {
    const ofStyle = this.styles.listOf(paragraph.style);
    const id = paragraph.numId ?? ofStyle.numId;
    if (id === null || id === '0') return null;
    const use = this.resolve(id);
    if (!use) return null;
    const level = paragraph.level ?? this.levelOfStyle(use, paragraph.style) ?? ofStyle.level ?? 0;
    return level < maxLevels && this.level(use, level) ? { use, id, level } : null;
  }

  /** Follows lists that are defined by a numbering style. */
  private resolve(id: string): Use | null {
    const use = this.uses.get(id);
    if (!use) return null;
    const link = this.lists.get(use.list)?.styleLink;
    if (!link) return use;
    const target = this.uses.get(this.styles.listOfNumberingStyle(link) ?? '');
    return target && !this.lists.get(target.list)?.styleLink ? { ...use, list: target.list } : null;
  }

  private levelOfStyle(use: Use, style: string | null): number | null {
    for (const name of this.styles.paragraphStyles(style))
      for (let level = 0; level < maxLevels; level += 1) if (this.level(use, level)?.style === name) return level;
    return null;
  }

  private level(use: Use, level: number): Level | undefined {
    return use.levels.get(level) ?? this.lists.get(use.list)?.levels.get(level);
  }

  private start(use: Use, level: number): number | null {
    return use.starts.get(level) ?? this.level(use, level)?.start ?? null;
  }

  /** Counts on, and gives the numbers of this level and those above it. */
  private count(use: Use, id: string, level: number, inTextBox: boolean): (number | null)[] {
    const story = inTextBox ? 'box' : 'text';
    const key = `${story} ${use.list}`;
    const counts = this.counts.get(key) ?? Array.from({ length: maxLevels }, (): Count => ({ value: null, used: false }));
    this.counts.set(key, counts);
    // A level that comes before the first of those above it uses them up: after 1.1 comes 2.
    for (let above = 0; above < level; above += 1) if (!counts[above]!.used) counts[above] = { value: this.start(use, above), used: true };
    const own = counts[level]!;
    // The first paragraph of a list that starts anew does so, however far others with the same definition have come.
    const anew = use.starts.has(level) && !this.started.has(`${story} ${id} ${level}`);
    this.started.add(`${story} ${id} ${level}`);
    counts[level] = { value: own.value === null || anew ? this.start(use, level) : own.value + 1, used: true };
    for (let below = level + 1; below < maxLevels; below += 1) if (this.restarts(use, below, level)) counts[below]!.value = null;
    return counts.slice(0, level + 1).map(({ value }, at) => value ?? this.start(use, at));
  }

  private restarts(use: Use, below: number, level: number): boolean {
    const limit = this.level(use, below)?.restart ?? null;
    return limit === null || limit > below ? true : level < limit;
  }

  private print(use: Use, level: number, values: readonly (number | null)[]): string | null {
    const { format, text, legal, suffix, hidden } = this.level(use, level)!;
    if (format === 'bullet' || text === null || text.length > maxTextChars || hidden) return null;
    let understood = true;
    const printed = text.replace(/%([1-9])/g, (_, digit: string) => {
      const at = Number(digit) - 1;
      const value = values[at] ?? null;
      const own = this.level(use, at)?.format ?? 'decimal';
      const number = value === null ? null : formatNumber(value, legal && own !== 'none' && own !== 'bullet' ? 'decimal' : own);
      understood &&= number !== null;
      return number ?? '';
    });
    return understood && printed.trim() ? printed + suffix : null;
  }

  private handler(): WordHandler {
    let list: List | null = null;
    let use: Use | null = null;
    let level: Level | null = null;
    let override: number | null = null;
    return {
      open: (element, parents) => {
        if (element.name === 'abstractNum') list = add(this.lists, element.get('abstractNumId'), { levels: new Map(), styleLink: null });
        else if (element.name === 'num') use = add(this.uses, element.get('numId'), { list: '', levels: new Map(), starts: new Map() });
        else if (element.name === 'numStyleLink' && list) list.styleLink = element.get('val');
        else if (element.name === 'abstractNumId' && use) use.list = element.get('val') ?? '';
        else if (element.name === 'lvlOverride') override = toNumber(element.get('ilvl'));
        else if (element.name === 'startOverride' && use && override !== null) use.starts.set(override, toNumber(element.get('val')) ?? 0);
        else if (element.name === 'lvl') {
          level = newLevel();
          const inList = within(parents, 'abstractNum');
          const at = inList ? toNumber(element.get('ilvl') ?? '0') : override;
          if (at !== null) (inList ? list : use)?.levels.set(at, level);
        } else if (level) readLevel(element, parents, level);
      },
    };
  }
}

function readLevel(element: WordElement, parents: readonly WordElement[], level: Level): void {
  const value = element.get('val');
  // The first one: in alternative content it is the format, and those that follow are for programs that do not know it.
  if (element.name === 'numFmt') level.format ??= value;
  else if (element.name === 'vanish' && within(parents, 'lvl', 'rPr')) level.hidden = element.isOn();
  else if (!within(parents, 'lvl')) return;
  else if (element.name === 'start') level.start = toNumber(value) ?? 0;
  else if (element.name === 'lvlText') level.text = value;
  else if (element.name === 'isLgl') level.legal = element.isOn();
  else if (element.name === 'lvlRestart') level.restart = toNumber(value);
  else if (element.name === 'suff') level.suffix = value === 'nothing' ? '' : ' ';
  else if (element.name === 'pStyle') level.style = value;
}

function newLevel(): Level {
  return { start: 0, format: null, text: null, legal: false, restart: null, suffix: ' ', hidden: false, style: null };
}

function add<T>(to: Map<string, T>, id: string | null, item: T): T {
  if (id !== null && !to.has(id)) to.set(id, item);
  return item;
}
