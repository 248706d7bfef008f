import type { Clause, FoundClause } from '../analysis.js';

/**
 * Marks the clauses that deal with intellectual property and quotes the sentences that say so. Runs in the child
 * process, without network; what needs one (a language model) confirms these findings in the service afterwards.
 */
export interface ClauseFinder {
  find(clauses: readonly Clause[]): FoundClause[];
}
