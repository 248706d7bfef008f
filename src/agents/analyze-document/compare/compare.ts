import type { Discrepancy, Excerpt, FoundClause } from '../analysis.js';
import { plain } from '../find/plain.js';
import type { Paragraph } from '../read/document.js';
import type { Deviation, Playbook, Position } from './playbook.js';

export interface Compared {
  /** In the order of the document; of doubtful excerpts too. */
  deviations: Discrepancy[];
  /** For each category that the playbook would miss in such a document, present or not. */
  missing: Discrepancy[];
}

/** What departs from the playbook. Which of it stands depends on which excerpts stand: see `review/settle.ts`. */
export function compare(found: readonly FoundClause[], paragraphs: readonly Paragraph[], playbook: Playbook): Compared {
  const positions = new Map(playbook.positions.map((position) => [position.category, position]));
  const deviations = found.flatMap((each) =>
    each.excerpts.flatMap((excerpt) => deviationsOf(each.clause.ref, excerpt, positions.get(excerpt.category))),
  );
  const expected = playbook.positions.filter(({ missing }) => missing && speaksOf(paragraphs, missing.when));
  return { deviations, missing: expected.flatMap(missingClause) };
}

function deviationsOf(ref: string, { category, sentence }: Excerpt, position: Position | undefined): Discrepancy[] {
  if (!position) return [];
  const { standard, deviations } = position;
  return deviations
    .filter((deviation) => deviates(sentence, deviation))
    .map(({ severity, why }) => ({ category, severity, clause_ref: ref, standard, found: sentence, why }));
}

/** Of the words as rules see them: a typesetter's hyphen in "non‑exclusive" must not make it exclusive. */
function deviates(sentence: string, { match, unless }: Deviation): boolean {
  const words = plain(sentence);
  return match.some((pattern) => pattern.test(words)) && !unless.some((pattern) => pattern.test(words));
}

function speaksOf(paragraphs: readonly Paragraph[], patterns: readonly RegExp[]): boolean {
  return patterns.length === 0 || paragraphs.some(({ text }) => patterns.some((pattern) => pattern.test(plain(text))));
}

function missingClause({ category, standard, missing }: Position): Discrepancy[] {
  return missing ? [{ category, severity: missing.severity, clause_ref: null, standard, found: null, why: missing.why }] : [];
}
