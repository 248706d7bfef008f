import type { Category } from '../analysis.js';

// "No license is granted …", "This Agreement does not grant …"; not what follows a grant: "… grants a license, which does not include …".
const notGiven =
  /^(?:\W*\(?\w{0,4}\)?\W+)?(?:no(?! (?:later|more|less|longer|event|case))|nothing)\b|^(?:(?!\b(?:grants?|granted|licenses|assigns)\b).){0,160}?\b(?:does|do|did|shall|will|may) not (?:be (?:deemed|construed) to )?(?:hereby )?(?:grant|license|convey|provide|create|constitute|include|transfer)\b/;

const affiliates = '(?:affiliates?|subsidiar(?:y|ies)|group)';
// They grant, or what is theirs is granted: named before the grant, or as the owners.
const byAffiliates = new RegExp(
  `^(?:(?!\\bgrants?\\b).)*\\b${affiliates}\\b[^;]{0,120}\\b(?:grants?|licenses?|granted)\\b|\\b(?:owned|controlled)\\b.{0,60}\\b${affiliates}\\b|\\b${affiliates}\\b.{0,40}\\b(?:own|control)|\\bcause[^.;]{0,40}\\b${affiliates}\\b|\\bitself and (?:its|their) ${affiliates}\\b`,
);

const denials: Record<Category, (sentence: string) => boolean> = {
  ip_ownership_assignment: matches(notGiven),
  joint_ip_ownership: matches(notGiven, /\b(?:do|does) not intend\b/),
  license_grant: matches(notGiven),
  non_transferable_license: () => false,
  affiliate_license_licensor: (sentence) => notGiven.test(sentence) || !byAffiliates.test(sentence),
  affiliate_license_licensee: matches(notGiven, /\baffiliates (?:are|is) not\b/),
  unlimited_license: matches(notGiven, /\bnot unlimited\b/),
  irrevocable_or_perpetual_license: matches(notGiven, /\bnot (?:be )?(?:perpetual|irrevocable)\b/),
  source_code_escrow: matches(
    /^no\b[^.;]{0,40}\bescrow/,
    /\b(?:under no obligation|not (?:be )?(?:required|obligated|obliged)) to\b[^.;]{0,60}\b(?:deposit|place|escrow)/,
    /\bnot be (?:deposited|placed)\b/,
    // money and shares are kept in escrow as well
    /^(?!.*\bsource\b).*\b(?:purchase price|shares|stock|closing|funds)\b/,
  ),
  covenant_not_to_sue: matches(
    /\b(?:nothing|not|no)\b[^.;]{0,120}\b(?:construed|deemed|implied|constitute)\b[^.;]{0,80}\bcovenant/,
    /\breserves? the right to (?:challenge|contest)/,
  ),
};

/** Whether a sentence says that something is not given, or speaks of another thing by the same words: whatever its odds, it is no finding. */
export function isDenied(category: Category, sentence: string): boolean {
  return denials[category](sentence);
}

function matches(...patterns: RegExp[]): (sentence: string) => boolean {
  return (sentence) => patterns.some((pattern) => pattern.test(sentence));
}
