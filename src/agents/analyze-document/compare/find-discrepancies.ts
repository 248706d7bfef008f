import type { Discrepancy, Excerpt, FoundClause } from '../analysis.js';
import type { Deviation, Playbook, Position } from './playbook.js';

/** What departs from the playbook, in the order of the document; clauses that are missing altogether come last. */
export function findDiscrepancies(found: readonly FoundClause[], playbook: Playbook): Discrepancy[] {
  const positions = new Map(playbook.positions.map((position) => [position.category, position]));
  const deviating = found.flatMap((each) =>
    each.excerpts.flatMap((excerpt) => deviationsOf(each.clause.ref, excerpt, positions.get(excerpt.category))),
  );
  const present = new Set(found.flatMap(({ excerpts }) => excerpts.map(({ category }) => category)));
  const missing = playbook.positions.filter(({ category }) => !present.has(category)).flatMap(missingClause);
  return [...oncePerClause(deviating), ...missing];
}

function deviationsOf(ref: string, { category, text }: Excerpt, position: Position | undefined): Discrepancy[] {
  if (!position) return [];
  const { standard, deviations } = position;
  return deviations
    .filter((deviation) => deviates(text, deviation))
    .map(({ severity, why }) => ({ category, severity, clause_ref: ref, standard, found: text, why }));
}

function deviates(text: string, { match, unless }: Deviation): boolean {
  return match.some((pattern) => pattern.test(text)) && !unless.some((pattern) => pattern.test(text));
}

function missingClause({ category, standard, missing }: Position): Discrepancy[] {
  return missing ? [{ category, severity: missing.severity, clause_ref: null, standard, found: null, why: missing.why }] : [];
}

/** The same point about the same clause, made by its next sentence, tells the reader nothing. */
function oncePerClause(discrepancies: readonly Discrepancy[]): Discrepancy[] {
  const seen = new Set<string>();
  return discrepancies.filter(({ clause_ref, category, why }) => {
    const key = `${clause_ref}|${category}|${why}`;
    return !seen.has(key) && seen.add(key);
  });
}
