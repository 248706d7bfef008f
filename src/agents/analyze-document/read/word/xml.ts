import { Parser } from 'htmlparser2';
import { TaskFailed } from '../../../agent.js';

// Word's own documents stay below a hundred.
const maxDepth = 1_000;

const namespaces = new Map([
  ['http://schemas.openxmlformats.org/wordprocessingml/2006/main', ''],
  ['http://purl.oclc.org/ooxml/wordprocessingml/main', ''],
  ['http://schemas.openxmlformats.org/markup-compatibility/2006', 'mc:'],
]);

type Prefixes = ReadonlyMap<string, string>;

/** A start tag. */
export class WordElement {
  /** Without prefix in WordprocessingML ("p"), with "mc:" for alternative content, with "?" elsewhere. */
  readonly name: string;
  private readonly prefixes: Prefixes;

  constructor(
    tag: string,
    private readonly attributes: Readonly<Record<string, string>>,
    around: Prefixes,
    /** Where in the file the tag begins and what follows it. */
    readonly start: number,
    readonly end: number,
  ) {
    this.prefixes = declared(attributes, around);
    this.name = this.resolve(tag, tag.includes(':') ? '?' : (this.prefixes.get('') ?? '?'));
  }

  /** Of WordprocessingML's attributes, by the name without prefix. */
  get(name: string): string | null {
    for (const key in this.attributes) if (key.endsWith(name) && this.resolve(key, '?') === name) return this.attributes[key]!;
    return null;
  }

  /** Whether a property without a value, or with one, is on (ECMA-376 Part 1, section 17.17.4). */
  isOn(): boolean {
    return !/^(?:0|false|off)$/.test(this.get('val') ?? '');
  }

  get scope(): Prefixes {
    return this.prefixes;
  }

  private resolve(name: string, ofNone: string): string {
    const colon = name.indexOf(':');
    return colon < 0 ? ofNone + name : (this.prefixes.get(name.slice(0, colon)) ?? '?') + name.slice(colon + 1);
  }
}

export interface WordHandler {
  /** `parents` are the open elements around it, the innermost last. */
  open(element: WordElement, parents: readonly WordElement[]): void;
  /** `end` is where in the file that begins what follows the element. */
  close?(element: WordElement, parents: readonly WordElement[], end: number): void;
  text?(text: string, parents: readonly WordElement[]): void;
}

/** Reads a part of a Word file and keeps no tree. Entities are not expanded, other than the five of XML. */
export function parseWordXml(xml: string, handler: WordHandler): void {
  const parents: WordElement[] = [];
  const none: Prefixes = new Map();
  const parser = new Parser(
    {
      onopentag: (tag, attributes) => {
        if (parents.length >= maxDepth) throw new TaskFailed('document_too_complex', `The document nests more than ${maxDepth} deep.`);
        const element = new WordElement(tag, attributes, parents.at(-1)?.scope ?? none, parser.startIndex, parser.endIndex + 1);
        handler.open(element, parents);
        parents.push(element);
      },
      onclosetag: () => {
        const element = parents.pop()!;
        handler.close?.(element, parents, parser.endIndex + 1);
      },
      ontext: (text) => handler.text?.(text, parents),
      onprocessinginstruction: (_name, data) => {
        // Not allowed in such files (ECMA-376 Part 2), and what it declares is not read alike everywhere.
        if (/^!doctype/i.test(data)) throw new TaskFailed('document_unreadable', 'The document declares a DTD, which Word files must not.');
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  parser.write(xml);
  parser.end();
}

/** The name of the outermost element, without prefix. */
export function rootOf(xml: string): string {
  let root = '';
  const parser = new Parser(
    {
      onopentagname: (tag) => {
        root ||= tag.slice(tag.indexOf(':') + 1);
        parser.pause();
      },
    },
    { xmlMode: true },
  );
  parser.write(xml);
  return root;
}

/** Whether the innermost of `parents` have these names. */
export function within(parents: readonly WordElement[], ...names: string[]): boolean {
  return names.every((name, index) => parents[parents.length - names.length + index]?.name === name);
}

/** A whole number from 0 to Word's largest. */
export function toNumber(text: string | null): number | null {
  return text !== null && /^\d{1,5}$/.test(text) && Number(text) <= 32_767 ? Number(text) : null;
}

function declared(attributes: Readonly<Record<string, string>>, around: Prefixes): Prefixes {
  let prefixes: Map<string, string> | null = null;
  for (const key in attributes) {
    if (key !== 'xmlns' && !key.startsWith('xmlns:')) continue;
    prefixes ??= new Map(around);
    prefixes.set(key.slice(6), namespaces.get(attributes[key]!) ?? '?');
  }
  return prefixes ?? around;
}
