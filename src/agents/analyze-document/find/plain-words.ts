import type { Rule } from './ip-rules.js';

const notGiven = /\b(?:not|no|nor|nothing|neither|if|unless|warrants?|represents?|means?)\b/;
const ending = /\b(?:terminat\w*|expir\w*|notwithstanding)\b/;
const licensable =
  /\b(?:software|services?|platform|app|applications?|documentation|deliverables?|source code|object code|materials?|content|technology|marks|trade ?marks|logos?|feedback|work product|works?|patents?|know-how|ip|tools)\b/;

/**
 * What users' contracts say in plain words, and those that the model has learned from seldom: it does not overrule these. Each was held against
 * all 266 of them: what it finds there beyond the model is next to nothing.
 */
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
    category: 'ip_ownership_assignment',
    all: [
      /\b(?:hereby|irrevocably) (?:\w+,? (?:and )?){0,4}(?:assigns?|transfers?)\b[^.;]{0,80}\b(?:intellectual property|iprs?|ip|copyrights?|work product|deliverables|results|inventions)\b|\b(?:assigns? and agrees? to assign|agrees? to assign,? and hereby assigns?|shall assign,? and hereby (?:does )?assigns?)\b/,
    ],
    none: [/\b(?:not|no|nor|this agreement (?:may|shall))\b/],
    confidence: 0.6,
  },
  {
    category: 'ip_ownership_assignment',
    all: [
      /\b(?:title|ownership|copyright|intellectual property(?: rights)?|iprs?|ip)\b[^.;]{0,80}\b(?:vests?|shall vest|will vest|passes|shall pass|will pass)\b[^.;]{0,30}\b(?:in|to|with)\b/,
      /\b(?:deliverables?|work product|copyrights?|intellectual property|iprs?|ip|software|report)\b/,
    ],
    none: [/\b(?:not|no|nor|if|unless|joint(?:ly)?|goods|risk of loss|products|that party|respective)\b/],
    confidence: 0.6,
  },
  {
    category: 'joint_ip_ownership',
    all: [
      /\b(?:jointly own(?:ed)?|co-own(?:ed)?|joint owners|undivided (?:[\w-]+ )?interest in)\b|\b(?:owned|belong) (?:\w+ )?(?:by|to) both parties\b/,
      /\b(?:intellectual property|inventions?|patents?|ip|developments|results|copyrights?)\b/,
    ],
    none: [/\b(?:not|no|nor|if|unless|means?|includes?|subsidiar\w*|compan(?:y|ies)|venture)\b/],
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
  {
    category: 'license_grant',
    all: [
      /\b(?:grants?|gives?) [^.;]{0,60}\b(?:an?|the) (?:[\w-]+,? (?:and )?){0,8}(?:license|right) to (?:use|access|install|copy|reproduce)\b|\b(?:customer|client|licensee|you|users?)\b[^.;]{0,60}\bmay (?:access and use|use and access|install and use)\b/,
      licensable,
    ],
    none: [notGiven, ending],
    confidence: 0.6,
  },
  { category: 'license_grant', all: [/\blicensed, (?:and )?not sold\b/], confidence: 0.6 },
  {
    category: 'non_transferable_license',
    all: [/\b(?:this|the|your) license (?:granted (?:\w+ ){0,3})?(?:is|shall be) (?:personal|non-?transferable|not transferable)\b/],
    confidence: 0.6,
  },
  {
    category: 'affiliate_license_licensor',
    all: [
      /\b(?:on behalf of itself and|for itself and(?: on behalf of)?|shall (?:cause|procure)(?: that)?) (?:each of )?(?:its|their) affiliates\b[^.;]{0,60}\b(?:grants?|licenses?)\b/,
      /\blicense/,
    ],
    none: [/\b(?:not|no|nor|releases?)\b/],
    confidence: 0.6,
  },
  {
    category: 'affiliate_license_licensee',
    all: [
      /\b(?:grants?|licenses)\b(?: to)? [^.;]{0,40}\band (?:its|their|all of its) (?:\w+ ){0,3}(?:affiliates|subsidiaries)\b[^.;]{0,100}\b(?:license|right to)\b|\b(?:affiliates|subsidiaries)\b[^.;]{0,20}\b(?:may|shall be (?:entitled|permitted) to|are (?:entitled|permitted) to) (?:also )?(?:use|access|exercise)\b|\bmay permit (?:its|their) (?:affiliates|subsidiaries) to use\b/,
      licensable,
    ],
    none: [/\b(?:not|no|nor|cause|behalf)\b/],
    confidence: 0.6,
  },
  {
    category: 'affiliate_license_licensee',
    all: [/\blicense\b[^.;]{0,60}\b(?:extends? to|may be (?:used|exercised) by)\b[^.;]{0,50}\b(?:affiliates|subsidiaries|group)\b/],
    none: [/\b(?:not|no|nor)\b/],
    confidence: 0.6,
  },
  {
    category: 'unlimited_license',
    all: [
      /\bunlimited (?:number of (?:authori[sz]ed )?(?:users|copies|seats|sites)|site license|license)\b|\bno limit on the number of (?:authori[sz]ed )?(?:users|copies|seats)\b|\benterprise-?wide license\b/,
    ],
    none: [/\b(?:not|nor|liabilit\w*)\b/],
    confidence: 0.6,
  },
  {
    category: 'irrevocable_or_perpetual_license',
    all: [
      /\blicenses?\b[^.;]{0,60}\b(?:is|are|shall be|will be)\b[^.;]{0,30}\b(?:perpetual|irrevocable)\b|\b(?:perpetual|irrevocable)\b[^.;]{0,60}\b(?:licenses?|right (?:and license )?to)\b|\blicenses?\b[^.;]{0,60}\b(?:shall|will) continue (?:in perpetuity|perpetually|indefinitely)\b/,
    ],
    none: [notGiven, /\b(?:stock|easements?|proxy|power of attorney)\b/],
    confidence: 0.6,
  },
  {
    category: 'covenant_not_to_sue',
    all: [
      /\b(?:covenants|agrees?|undertakes?) (?:that )?(?:it|you|he|they) (?:will|shall) not (?:assert|bring|enforce|sue)\b|\b(?:agrees?|undertakes?) not to (?:bring|enforce)\b|\bneither party (?:nor (?:any of )?its affiliates )?shall (?:sue|assert|bring)\b|\b(?:not|never)\b[^.;]{0,40}\b(?:contest|challenge|attack|dispute)\b[^.;]{0,60}\b(?:validity|ownership|title)\b/,
      /\b(?:infring\w*|patents?|intellectual property|copyrights?|marks?|trademarks?)\b/,
    ],
    none: [/\b(?:if|unless|disclose|indemnif\w*|warrants?|represents?|obligat\w*|tax|invoices?|employment)\b/],
    confidence: 0.6,
  },
];
