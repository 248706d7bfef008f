/** One printed line. */
export interface Line {
  text: string;
  /** Counted from 1; null for formats without pages. */
  page: number | null;
  /** A paragraph certainly starts here. Lines without it may still start one: see `join-lines.ts`. */
  breakBefore: boolean;
  /** Set apart by markup or a larger font, as headings are. */
  prominent?: boolean;
}

export interface Paragraph {
  text: string;
  page: number | null;
  prominent: boolean;
}

/** What every reader makes of its format. */
export interface DocumentText {
  /** null for formats without pages. */
  pages: number | null;
  /** As the file's metadata has it. */
  title: string | null;
  paragraphs: Paragraph[];
}

/** Called as reading goes on, with pages when the format has them. */
export type OnPage = (page: number, pages: number) => void;
