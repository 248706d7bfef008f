import type { Rule } from './ip-rules.js';

/** Plain words, which contracts seldom use: the model has not seen them and does not overrule them. */
export const plainWords: Rule[] = [
  {
    category: 'ip_ownership_assignment',
    all: [
      /\b(?:shall|will)(?: \w+){0,3} (?:own|vest in|belong to|(?:be )?owned by|property of)\b|\b(?:shall|will) be(?:come)? the (?:\w+,? (?:and )?){0,3}property of\b/,
      /\b(?:all|any) (?:\w+,? ){0,8}?(?:rights?|title|intellectual property|copyrights?|work product|deliverables)\b/,
      /\b(?:work product|deliverables)\b/,
    ],
    none: [
      /\b(?:joint(?:ly)?|retains?|pre-?existing|background|prior to|each party|respective|not|no|if|unless|warrants?|represents?|means?|other than|licensors?|notwithstanding|infring\w*)\b/,
    ],
    confidence: 0.6,
  },
  {
    category: 'license_grant',
    all: [
      /\bmay (?:\w+ )?(?:use|copy|reproduce|modify|adapt|distribute), (?:(?:use|copy|reproduce|modify|adapt|distribute|display),? )+(?:and|or) (?:use|copy|reproduce|modify|adapt|distribute|display)\b/,
      /\b(?:software|source code|object code|deliverables?|documentation|technology|marks|trade ?marks|work product)\b/,
    ],
    none: [/\b(?:not|no|nor|terminat|expir|notwithstanding|warrants?|represents?|if|unless|retains?|reserves?)\b/],
    confidence: 0.6,
  },
];
