/**
 * What the child process finds out about a document. Plain data, so that it can cross a pipe; nothing in the folders
 * below may import Nest, because the child has to start fast. `result.ts` documents the same shapes for the API.
 */

/** Categories of intellectual-property clauses, after CUAD (The Atticus Project, CC BY 4.0). */
export const categories = [
  'ip_ownership_assignment',
  'joint_ip_ownership',
  'license_grant',
  'non_transferable_license',
  'affiliate_license_licensor',
  'affiliate_license_licensee',
  'unlimited_license',
  'irrevocable_or_perpetual_license',
  'source_code_escrow',
  'covenant_not_to_sue',
] as const;

export type Category = (typeof categories)[number];

export const severities = ['low', 'medium', 'high'] as const;

export type Severity = (typeof severities)[number];

/** A part of a contract as its author numbered it. */
export interface Clause {
  /** Unique within the document; how it is made is explained in `segment/refs.ts`. */
  ref: string;
  heading: string | null;
  /** Counted from 1; null for formats without pages. */
  page: number | null;
  /**
   * From `start` up to, not including, `end`: characters of the document's text as it was read, a newline between each two
   * paragraphs. Lines of a table of contents in between are not in `text`.
   */
  start: number;
  end: number;
  /** As printed, with number and heading; paragraphs are separated by a newline. */
  text: string;
  /** `text` without the leading number and heading: what the finder reads. */
  body: string;
}

/** What of a clause is of a category. */
export interface Excerpt {
  category: Category;
  /** On which the finding rests, as printed. */
  sentence: string;
  /** What is quoted: the sentence, and neighbours that go with it (`find/widen.ts`). */
  text: string;
  /** 0 to 1. */
  confidence: number;
  /** Not sure enough to be a finding by itself: left out unless something better confirms it. */
  doubtful: boolean;
}

export interface FoundClause {
  clause: Clause;
  /** Never empty. */
  excerpts: Excerpt[];
}

export interface Discrepancy {
  category: Category;
  severity: Severity;
  /** null when the clause is missing altogether. */
  clause_ref: string | null;
  /** The position of the standard agreement, in words. */
  standard: string;
  /** The words of the document this rests on; null when the clause is missing. */
  found: string | null;
  why: string;
}

export interface Analysis {
  pages: number | null;
  words: number;
  title: string | null;
  /** null when it does not read as English, which is all that is understood. */
  language: 'en' | null;
  /** In the order of the document, doubtful ones included. */
  found: FoundClause[];
  /** Departures from the playbook, for every excerpt of `found` that departs. */
  deviations: Discrepancy[];
  /** What to say of each category should the document turn out to have nothing of it; empty when it is not understood. */
  missing: Discrepancy[];
}
