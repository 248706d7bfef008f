import type { Clause } from '../analysis.js';
import type { Paragraph } from '../read/document.js';
import { isHeading, isProminentHeading, splitHeading, splitNumbered } from './headings.js';
import { parseLoose } from './loose-number.js';
import { leadsTo, type Marker, parseMarker } from './numbering.js';
import { type Placed, placeParagraphs } from './place-paragraphs.js';
import { Refs } from './refs.js';
import { skipContents } from './skip-contents.js';
import { splitInline } from './split-inline.js';

// Unnumbered text after a number belongs to it; but not the whole rest of a document whose numbers stopped.
const maxNumberedChars = 2_000;
// A clause of several paragraphs that is no longer than this is read as one; else each is a clause of its own.
const maxClauseChars = 600;

interface Draft {
  /** null for a paragraph under no number. */
  name: string | null;
  paragraph: number;
  heading: string | null;
  page: number | null;
  start: number;
  end: number;
  text: string[];
  body: string[];
  /** Opened by a number with nothing behind it. */
  bare: boolean;
}

/** A number and what has come under it so far. */
interface Numbered {
  name: string;
  heading: string | null;
  chars: number;
  /** Clauses made of its paragraphs; the first has the number itself. */
  clauses: number;
}

/**
 * Parts a document into clauses at numbers and headings; where there are none, and where there is much text under one
 * number, each paragraph is a clause.
 */
export function segment(paragraphs: readonly Paragraph[]): Clause[] {
  const walk = new Walk();
  const placed = [...splitInline(skipContents(placeParagraphs(paragraphs)))];
  for (const [at, paragraph] of placed.entries()) walk.take(paragraph, placed[at + 1]);
  return walk.finish();
}

class Walk {
  private readonly clauses: Clause[] = [];
  private readonly refs = new Refs();
  private draft: Draft | null = null;
  private under: Numbered | null = null;
  private count = 0;
  /** The heading over what follows: for clauses without one of their own. */
  private topHeading: string | null = null;
  /** The same for the items of a numbered clause. */
  private itemHeading: string | null = null;
  private seenNumber = false;
  /** Of the highest level, since the last exhibit began. */
  private lastNumber = 0;
  private lastText = '';

  take(paragraph: Placed, next: Placed | undefined): void {
    this.count += 1;
    const marker = parseMarker(paragraph.text) ?? parseLoose(paragraph, next, this.lastNumber);
    // A cover page says "Exhibit A" of the whole document: exhibits come after the clauses.
    const cover = marker?.kind === 'container' && !this.seenNumber;
    const goesOn = marker !== null && this.continuesList(marker);
    if (marker && !cover && !goesOn) this.takeNumbered(paragraph, marker, next !== undefined && leadsTo(marker, next.text));
    else if (cover || (!goesOn && isTitleLine(paragraph))) this.takeHeading(paragraph);
    else this.takePlain(paragraph, goesOn || this.runsOn(paragraph));
    this.lastText = paragraph.text;
  }

  finish(): Clause[] {
    this.close();
    return this.clauses;
  }

  /** @param leads the next paragraph has a number below this one */
  private takeNumbered(paragraph: Placed, marker: Marker, leads: boolean): void {
    const { heading, body } =
      paragraph.prominent && isProminentHeading(marker.rest) ? { heading: marker.rest, body: '' } : splitNumbered(marker.rest, leads);
    this.close();
    if (marker.kind === 'container') this.refs.enterContainer(marker);
    else this.seenNumber = true;
    if (marker.kind !== 'letter')
      this.lastNumber = marker.kind === 'container' ? 0 : Number(/\d+/.exec(marker.label)?.[0] ?? this.lastNumber);
    const name = marker.kind === 'container' ? null : this.refs.numbered(marker);
    const inherited = marker.kind === 'letter' ? (this.itemHeading ?? this.topHeading) : this.topHeading;
    if (marker.kind !== 'letter') this.itemHeading = heading;
    if (isTopLevel(marker)) this.topHeading = heading;
    this.open(paragraph, name, heading ?? (isTopLevel(marker) ? null : inherited), body);
    this.draft!.bare = name !== null && marker.rest === '';
    this.under = name === null ? null : { name, heading: this.draft!.heading, chars: body.length, clauses: 1 };
  }

  private takeHeading(paragraph: Placed): void {
    // "ARTICLE IV", then "OWNERSHIP" on the next line.
    if (this.draft?.name && this.draft.body.length === 0) {
      this.draft.heading = this.topHeading = splitHeading(paragraph.text).heading ?? paragraph.text;
      this.itemHeading = null;
      this.under!.heading = this.draft.heading;
      this.extend(paragraph);
      return;
    }
    this.close();
    this.under = null;
    if (paragraph.prominent) this.itemHeading = null;
    this.topHeading = splitHeading(paragraph.text).heading ?? paragraph.text;
    this.open(paragraph, null, this.topHeading, '');
  }

  private takePlain(paragraph: Placed, goesOn: boolean): void {
    const { draft } = this;
    if (this.under) this.under.chars += paragraph.text.length;
    if (!draft || (draft.body.length > 0 && !goesOn && !this.isShort(draft, paragraph))) {
      this.close();
      this.openPlain(paragraph);
      return;
    }
    // A number on a line of its own: what would stand behind it stands below.
    const { heading, body } =
      draft.bare && draft.text.length === 1 ? splitHeading(paragraph.text) : { heading: null, body: paragraph.text };
    if (heading) draft.heading = this.under!.heading = heading;
    this.extend(paragraph);
    draft.body.push(body);
  }

  private openPlain(paragraph: Placed): void {
    const { heading, body } = splitHeading(paragraph.text);
    const { under } = this;
    if (!under || under.chars > maxNumberedChars) {
      this.under = null;
      this.open(paragraph, null, heading ?? this.topHeading, body);
      return;
    }
    under.clauses += 1;
    this.open(paragraph, `${under.name}, Paragraph ${under.clauses}`, heading ?? under.heading, body);
  }

  private isShort(draft: Draft, paragraph: Placed): boolean {
    return draft.name !== null && draft.end - draft.start + paragraph.text.length <= maxClauseChars;
  }

  private open(paragraph: Placed, name: string | null, heading: string | null, body: string): void {
    const { page, start, text } = paragraph;
    this.draft = { name, paragraph: this.count, heading, page, start, end: start, text: [], body: body ? [body] : [], bare: false };
    this.extend({ start, text });
  }

  private extend({ start, text }: Pick<Placed, 'start' | 'text'>): void {
    this.draft!.text.push(text);
    this.draft!.end = start + text.length;
  }

  private close(): void {
    const { draft } = this;
    this.draft = null;
    if (!draft || draft.body.length === 0) return;
    const ref = this.refs.claim(draft.name ?? `Paragraph ${draft.paragraph}`);
    const { heading, page, start, end } = draft;
    this.clauses.push({ ref, heading, page, start, end, text: draft.text.join('\n'), body: draft.body.join('\n') });
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

/** "7", "7.0", "IV", "Article IV", but not "7.2", "Section IV.2" or "(a)". */
function isTopLevel(marker: Marker): boolean {
  return marker.kind !== 'letter' && !/[\dIVXLC][A-Z]?\.(?!0$)\d/.test(marker.label);
}

function isTitleLine(paragraph: Paragraph): boolean {
  if (paragraph.prominent && isProminentHeading(paragraph.text)) return true;
  return isHeading(paragraph.text) && (paragraph.prominent || !/[.:]$/.test(paragraph.text) || paragraph.text.length < 60);
}
