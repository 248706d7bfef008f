import { unzip } from '../zip.js';
import { WordNumbering } from './numbering.js';
import { WordStyles } from './styles.js';
import { printWordText } from './text.js';
import { rootOf } from './xml.js';

/**
 * A Word file as mammoth reads it, part by part: it finds them by the relations of the package, the styles and the numbering
 * before the text. What it gets of a text is what Word prints.
 */
export class WordFile {
  private readonly parts: Map<string, () => Buffer>;
  private styles = new WordStyles();
  private numbering: WordNumbering | null = null;
  /** As "footnote 2": notes come before the text as well. */
  private readonly notes = new Set<string>();

  constructor(bytes: Buffer) {
    this.parts = unzip(bytes);
  }

  exists(name: string): boolean {
    return this.parts.has(name);
  }

  async read(name: string, encoding?: string): Promise<string | Buffer> {
    const part = this.parts.get(name);
    if (!part) throw new Error(`The file has no part ${name}.`);
    return encoding ? this.print(new TextDecoder(encoding).decode(part())) : part();
  }

  private print(xml: string): string {
    switch (rootOf(xml)) {
      case 'styles':
        this.styles = WordStyles.read(xml);
        return xml;
      case 'numbering':
        this.numbering = WordNumbering.read(xml, this.styles);
        // Numbers are in the text, and lists within lists would only cost mammoth memory.
        return '<numbering/>';
      case 'document':
        return printWordText(xml, this.styles, this.numbering, this.notes);
      default:
        return printWordText(xml, this.styles, null, this.notes);
    }
  }
}
