import type { Discrepancy, Excerpt, FoundClause } from '../analysis.js';
import type { Deviation, Playbook, Position } from './playbook.js';

export interface Compared {
  /** In the order of the document; of doubtful excerpts too. */
  deviations: Discrepancy[];
  /** For each category that the playbook would miss, present or not. */
  missing: Discrepancy[];
}

/** What departs from the playbook. Which of it stands depends on which excerpts stand: see `review/settle.ts`. */
export function compare(found: readonly FoundClause[], playbook: Playbook): Compared {
  const positions = new Map(playbook.positions.map((position) => [position.category, position]));
  const deviations = found.flatMap((each) =>
    each.excerpts.flatMap((excerpt) => deviationsOf(each.clause.ref, excerpt, positions.get(excerpt.category))),
  );
  return { deviations, missing: playbook.positions.flatMap(missingClause) };
}

function deviationsOf(ref: string, { category, sentence }: Excerpt, position: Position | undefined): Discrepancy[] {
  if (!position) return [];
  const { standard, deviations } = position;
  return deviations
    .filter((deviation) => deviates(sentence, deviation))
    .map(({ severity, why }) => ({ category, severity, clause_ref: ref, standard, found: sentence, why }));
}

function deviates(sentence: string, { match, unless }: Deviation): boolean {
  return match.some((pattern) => pattern.test(sentence)) && !unless.some((pattern) => pattern.test(sentence));
}

function missingClause({ category, standard, missing }: Position): Discrepancy[] {
  return missing ? [{ category, severity: missing.severity, clause_ref: null, standard, found: null, why: missing.why }] : [];
}
