import type { Analysis, Category, Discrepancy, Excerpt, FoundClause } from '../analysis.js';

/** One sentence that the offline engine took for a category, or nearly did. */
export interface Question {
  /** Names it in the conversation; says nothing about the document. */
  id: number;
  found: FoundClause;
  excerpt: Excerpt;
  /** What the playbook says about it; to be explained. */
  deviations: Discrepancy[];
}

/** The most doubtful first: should the budget end, it ends where the model could have added least. */
export function questionsOf({ found, deviations }: Pick<Analysis, 'found' | 'deviations'>): Question[] {
  const questions = found.flatMap((each) =>
    each.excerpts.map((excerpt) => ({
      id: 0,
      found: each,
      excerpt,
      deviations: deviations.filter((deviation) => restsOn(deviation, each, excerpt)),
    })),
  );
  questions.sort((a, b) => Number(b.excerpt.doubtful) - Number(a.excerpt.doubtful) || doubt(b.excerpt) - doubt(a.excerpt));
  return questions.map((question, index) => ({ ...question, id: index + 1 }));
}

export function restsOn(deviation: Discrepancy, { clause }: FoundClause, excerpt: Excerpt): boolean {
  return deviation.clause_ref === clause.ref && deviation.category === excerpt.category && deviation.found === excerpt.sentence;
}

const doubt = ({ confidence, doubtful }: Excerpt) => (doubtful ? confidence : 1 - confidence);

/** What each category is, as the model is told. */
export const meanings: Record<Category, string> = {
  ip_ownership_assignment: 'intellectual property made by one party becomes, or is assigned to be, the property of another',
  joint_ip_ownership: 'intellectual property is owned jointly by parties of the contract',
  license_grant: 'one party grants another a license or a right to use intellectual property, software, content or marks',
  non_transferable_license: 'a license may not be transferred, assigned or sublicensed, or only within limits',
  affiliate_license_licensor: "the license covers intellectual property of the licensor's affiliates",
  affiliate_license_licensee: "the license extends to the licensee's affiliates, also by sublicense",
  unlimited_license: 'a license without limits of use: enterprise-wide, all you can eat, unlimited users or copies',
  irrevocable_or_perpetual_license: 'a license is irrevocable, perpetual, or lasts for ever',
  source_code_escrow: 'source code is deposited with an escrow agent, or released from escrow',
  covenant_not_to_sue: "a party promises not to contest another's ownership or validity of intellectual property, or not to sue",
};
