import type { Clause } from '../analysis.js';
import type { Paragraph } from '../read/document.js';
import { isHeading, splitHeading } from './headings.js';
import { type Marker, parseMarker } from './numbering.js';
import { Refs } from './refs.js';
import { splitInline } from './split-inline.js';

// Unnumbered text after a numbered clause belongs to it; but not the whole rest of a document whose numbers stopped.
const maxClauseChars = 2_000;

interface Draft {
  /** null for an unnumbered paragraph. */
  name: string | null;
  paragraph: number;
  heading: string | null;
  page: number | null;
  text: string[];
  body: string[];
}

/** Parts a document into clauses at numbers and headings; where there are none, each paragraph is a clause. */
export function segment(paragraphs: readonly Paragraph[]): Clause[] {
  const walk = new Walk();
  for (const paragraph of splitInline(paragraphs)) if (!isContentsLine(paragraph.text)) walk.take(paragraph);
  return walk.finish();
}

class Walk {
  private readonly clauses: Clause[] = [];
  private readonly refs = new Refs();
  private draft: Draft | null = null;
  private count = 0;
  /** The heading over what follows: for clauses without one of their own. */
  private topHeading: string | null = null;
  /** The same for the items of a numbered clause. */
  private itemHeading: string | null = null;
  private seenNumber = false;
  private lastText = '';

  take(paragraph: Paragraph): void {
    this.count += 1;
    const marker = parseMarker(paragraph.text);
    // A cover page says "Exhibit A" of the whole document: exhibits come after the clauses.
    const cover = marker?.kind === 'container' && !this.seenNumber;
    if (marker && !cover && !this.continuesList(marker)) this.takeNumbered(paragraph, marker);
    else if (cover || isTitleLine(paragraph)) this.takeHeading(paragraph);
    else this.takePlain(paragraph);
    this.lastText = paragraph.text;
  }

  finish(): Clause[] {
    this.close();
    return this.clauses;
  }

  private takeNumbered(paragraph: Paragraph, marker: Marker): void {
    const { heading, body } = splitHeading(marker.rest);
    this.close();
    if (marker.kind === 'container') this.refs.enterContainer(marker);
    else this.seenNumber = true;
    const name = marker.kind === 'container' ? null : this.refs.numbered(marker);
    const inherited = marker.kind === 'letter' ? (this.itemHeading ?? this.topHeading) : this.topHeading;
    if (marker.kind !== 'letter') this.itemHeading = heading;
    if (isTopLevel(marker)) this.topHeading = heading;
    this.open(paragraph, name, heading ?? (isTopLevel(marker) ? null : inherited), body);
  }

  private takeHeading(paragraph: Paragraph): void {
    // "ARTICLE IV", then "OWNERSHIP" on the next line.
    if (this.draft?.name && this.draft.body.length === 0) {
      this.draft.heading = this.topHeading = splitHeading(paragraph.text).heading ?? this.draft.heading;
      this.itemHeading = null;
      this.draft.text.push(paragraph.text);
      return;
    }
    this.close();
    this.topHeading = splitHeading(paragraph.text).heading ?? paragraph.text;
    this.open(paragraph, null, this.topHeading, '');
  }

  private takePlain(paragraph: Paragraph): void {
    const { draft } = this;
    const opensNew = !draft || (draft.name === null && draft.body.length > 0 && !this.runsOn(paragraph));
    if (opensNew || (length(draft) > maxClauseChars && !this.runsOn(paragraph))) {
      this.close();
      const { heading, body } = splitHeading(paragraph.text);
      this.open(paragraph, null, heading ?? this.topHeading, body);
    } else {
      draft.text.push(paragraph.text);
      draft.body.push(paragraph.text);
    }
  }

  private open(paragraph: Paragraph, name: string | null, heading: string | null, body: string): void {
    this.draft = { name, paragraph: this.count, heading, page: paragraph.page, text: [paragraph.text], body: body ? [body] : [] };
  }

  private close(): void {
    const { draft } = this;
    this.draft = null;
    if (!draft || draft.body.length === 0) return;
    const ref = this.refs.claim(draft.name ?? `Paragraph ${draft.paragraph}`);
    this.clauses.push({ ref, heading: draft.heading, page: draft.page, text: draft.text.join('\n'), body: draft.body.join('\n') });
  }

  /** "(b) to copy it;" goes on with the sentence that "(a)" is part of, and makes no sense without it. */
  private continuesList(marker: Marker): boolean {
    if (marker.kind !== 'letter' || !this.draft || this.draft.body.length === 0) return false;
    return /(?:[:;,–—-]|\b(?:and|or|to|the))$/.test(this.lastText) || /^\p{Ll}/u.test(marker.rest);
  }

  private runsOn(paragraph: Paragraph): boolean {
    return /^\p{Ll}/u.test(paragraph.text) || /(?:[,:;–—-]|\b(?:and|or|to|the|of))$/.test(this.lastText);
  }
}

/** "7", "IV", "Article IV", but not "7.2" or "(a)". */
function isTopLevel(marker: Marker): boolean {
  return marker.kind !== 'letter' && !/\d\.\d/.test(marker.label);
}

function isTitleLine(paragraph: Paragraph): boolean {
  return isHeading(paragraph.text) && (paragraph.prominent || !/[.:]$/.test(paragraph.text) || paragraph.text.length < 60);
}

function isContentsLine(text: string): boolean {
  return /(?:\.\s?){4,}\s*(?:\d{1,4}|[ivxl]{1,6})?$/i.test(text) && text.length < 300;
}

function length(draft: Draft): number {
  return draft.body.reduce((sum, part) => sum + part.length, 0);
}
