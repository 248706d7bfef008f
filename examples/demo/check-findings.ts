import { expectedDiscrepancies, expectedIpClauses, expectedPages } from '../contract/expected.js';

/** As much of the agent's result as the demo looks at. */
export interface Findings {
  ip_clauses: string[];
  clauses: { ref: string; heading: string | null; page: number | null; categories: string[]; confidence: number }[];
  discrepancies: { category: string; clause_ref: string | null; severity: 'low' | 'medium' | 'high'; why: string }[];
  document: { pages: number | null; words: number; title: string | null };
}

/** Whether the agent found in the contract what its authors put there, each check with its sentence. */
export function checkFindings(found: Findings): Record<string, boolean> {
  const short = ({ category, clause_ref, severity }: (typeof expectedDiscrepancies)[number]) => `${category} ${clause_ref} ${severity}`;
  return {
    [`all ${expectedPages} pages were read`]: found.document.pages === expectedPages,
    [`the ${expectedIpClauses.length} clauses on intellectual property were found, and no others`]:
      found.ip_clauses.join() === expectedIpClauses.join(),
    [`the ${expectedDiscrepancies.length} discrepancies with the standard agreement were flagged, and no others`]:
      found.discrepancies.map(short).sort().join() === expectedDiscrepancies.map(short).sort().join(),
  };
}
