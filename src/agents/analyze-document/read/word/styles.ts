import { parseWordXml, toNumber, type WordElement, type WordHandler, within } from './xml.js';

/** What a paragraph or a style says of its list. null: nothing. */
export interface ListProperties {
  /** "0" takes a paragraph out of the list of its style. */
  numId: string | null;
  /** Of the list, from 0. */
  level: number | null;
}

interface Style extends ListProperties {
  basedOn: string | null;
  hidden: boolean | null;
}

// Word itself takes no more than ten or so.
const maxChain = 50;

/** The styles of a document, as far as they decide about numbers and hidden text (ECMA-376 Part 1, section 17.7). */
export class WordStyles {
  private readonly styles = new Map<string, Style>();
  private defaultParagraph: string | null = null;
  private allHidden = false;

  static read(xml: string): WordStyles {
    const styles = new WordStyles();
    parseWordXml(xml, styles.handler());
    return styles;
  }

  /** The style of a paragraph and those it is based on, by their ids, the nearest first. */
  paragraphStyles(id: string | null): string[] {
    return this.chain('paragraph', id ?? this.defaultParagraph);
  }

  /** What a paragraph style says, itself or through what it is based on. */
  listOf(id: string | null): ListProperties {
    const list: ListProperties = { numId: null, level: null };
    for (const name of this.paragraphStyles(id)) {
      const style = this.styles.get(`paragraph ${name}`)!;
      list.numId ??= style.numId;
      list.level ??= style.level;
    }
    return list;
  }

  /** The list that a numbering style stands for. */
  listOfNumberingStyle(id: string): string | null {
    return this.styles.get(`numbering ${id}`)?.numId ?? null;
  }

  /** Hidden is one of the properties that a second style turns off again (section 17.7.3). */
  isHidden(paragraphStyle: string | null, characterStyle: string | null): boolean {
    const byParagraph = this.hiddenBy('paragraph', paragraphStyle ?? this.defaultParagraph);
    return this.allHidden || byParagraph !== this.hiddenBy('character', characterStyle);
  }

  private hiddenBy(type: string, id: string | null): boolean {
    for (const name of this.chain(type, id)) {
      const { hidden } = this.styles.get(`${type} ${name}`)!;
      if (hidden !== null) return hidden;
    }
    return false;
  }

  private chain(type: string, id: string | null): string[] {
    const chain = new Set<string>();
    for (let at = id; at !== null && !chain.has(at) && chain.size < maxChain; ) {
      const style = this.styles.get(`${type} ${at}`);
      if (!style) break;
      chain.add(at);
      at = style.basedOn;
    }
    return [...chain];
  }

  private handler(): WordHandler {
    let style: Style | null = null;
    return {
      open: (element, parents) => {
        if (element.name === 'style') style = this.add(element);
        else if (element.name === 'vanish' && within(parents, 'docDefaults', 'rPrDefault', 'rPr')) this.allHidden = element.isOn();
        else if (!style) return;
        else if (element.name === 'basedOn' && within(parents, 'style')) style.basedOn = element.get('val');
        else if (element.name === 'vanish' && within(parents, 'style', 'rPr')) style.hidden = element.isOn();
        else if (within(parents, 'style', 'pPr', 'numPr')) readListProperty(element, style);
      },
    };
  }

  /** Of two with one id the first counts. */
  private add(element: WordElement): Style {
    const style: Style = { basedOn: null, numId: null, level: null, hidden: null };
    const [type, id] = [element.get('type') ?? 'paragraph', element.get('styleId')];
    if (id === null || this.styles.has(`${type} ${id}`)) return style;
    this.styles.set(`${type} ${id}`, style);
    if (type === 'paragraph' && /^(?:1|true|on)$/.test(element.get('default') ?? '')) this.defaultParagraph ??= id;
    return style;
  }
}

/** Takes over what a child of `w:numPr` says. */
export function readListProperty(element: WordElement, list: ListProperties): void {
  if (element.name === 'numId') list.numId = element.get('val');
  else if (element.name === 'ilvl') list.level = toNumber(element.get('val'));
}
