import type { Category } from '../analysis.js';

/** A sentence is of the category when every pattern of `all` is in it and none of `none`. */
export interface Rule {
  category: Category;
  all: RegExp[];
  none?: RegExp[];
  confidence: number;
  /** The words name the category: the trained model, which has seen few of them, does not overrule it. */
  certain?: boolean;
}

// What can be owned or licensed. Rules ask for one of these: confidential information or goods alone are not enough.
const right =
  /\b(?:intellectual property|industrial property|propriet[ao]ry rights?|patents?|copyrights?|copyrightable|trade ?-?marks?|service ?marks?|(?:licensed|proprietary) marks?|marks|trade ?names?|trade dress|know-how|trade secrets?|inventions?|moral rights|works? of authorship|derivative works?|works? made for hire|work product|deliverables|source code|object code|software|technolog(?:y|ies)|logos?|domain names?|developments?|improvements|modifications|enhancements|discoveries|licensed (?:materials?|technology|property|products?|content|works?)|artwork|designs?|specifications)\b/;
const licensable =
  /\b(?:intellectual property|patents?|copyrights?|trade ?-?marks?|service ?marks?|marks?|trade ?names?|know-how|technolog(?:y|ies)|software|source code|object code|content|materials?|documentation|logos?|brands?|names?|likeness|programs?|products?|system|services?|works?|inventions?|improvements?|data|information|property|site|website|methods?|designs?|platform|api|images?|ip|copy|copies)\b/;

// "hereby grants to X a non-exclusive license", "is granted the right to use": the act itself.
const grantsLicense =
  /\b(?:grants?|granting|licenses|sublicenses|granted|extends?|gives? and grants?)\b(?! back)[^;]{0,260}?\b(?:(?:sub-?)?licen[cs]es?|rights? (?:and|or) (?:sub-?)?licen[cs]es?|(?:exclusive|nonexclusive|limited|royalty-free|sole|perpetual|irrevocable|worldwide|nontransferable|revocable|non-transferable|the|a) rights? (?:to|and|of|under))\b/;
const useVerb =
  /\b(?:use|uses?|using|reproduce|copy|distribute|market|sell|display|perform|modify|exploit|make|manufacture|practi[cs]e|sublicense|promote|develop|commerciali[sz]e|publish|exhibit|transmit|access|install|operate|broadcast|import|promotion|sale|advertis(?:e|ing))\b/;
const notAGrant =
  /\b(?:no (?:other )?(?:express or implied |implied )?(?:right|licen[cs]e|title|ownership)s?\b[^.;]{0,60}\b(?:is|are|shall be|being)?\s?(?:hereby )?(?:granted|implied|conferred|transferred)|nothing (?:in this|herein|contained)[^.;]{0,80}(?:grant|licen[cs]e|constru)|(?:does|do|shall|will|may) not (?:be deemed to )?(?:grant|sublicense|licen[cs]e)|has not granted|have not granted|not been granted|neither party grants|stock options?|options? granted|security interest|injuncti|relief|waiver|equity award|governmental|business licen|liquor|building permit|mortgage)\b/;

// "warrants that it has the right to grant", "should Licensor grant to another": about grants, not one.
const speaksOfGrants =
  /\b(?:warrants?|represents?|covenants? that|(?:not|right|ability|power|authori[sz]ed|entitled|desires?|wish(?:es)?) to grant|indemnif|retains? the right|reserves? the right|(?:if|unless|any|event that|should) [^.;,]{0,60}\bgrants?|to another|franchise)\b/;
const markOrWork =
  /\b(?:trade ?-?marks?|service marks?|marks|logos?|trade ?names?|software|copyrights?|patents?|licensed [a-z]+|intellectual property|names? and likeness(?:es)?|know-how|technology|content|likeness|source code)\b/;
// An agreement's own assignment to a successor, and transfers that are denied, promised of staff or merely described.
const notATransfer =
  /\b(?:(?:shall|may|will|can|does|do)(?: ?not| not)(?: [\w,]+){0,5} (?:assign|transfer|convey)|neither party\b|nothing\b[^.;]{0,60}\bconvey|this agreement (?:may|shall|and)\b|assign(?:s|ment of)? (?:its rights (?:under|and obligations)|this agreement|any of its rights)|without the (?:prior )?(?:written )?consent\b|warrants?\b|employees\b[^.;]{0,80}\bassign|implied? any|shares\b|leases?\b|accounts receivable|telephone)/;

const affiliates =
  '(?:affiliates?|subsidiar(?:y|ies)|(?:members? of the )?[a-z&]+ group\\b|affiliated compan(?:y|ies)|group compan(?:y|ies)|related compan(?:y|ies))';

/** Recitals, definitions, warranties: they speak of rights without giving or taking any. */
export const notOperative =
  /^(?:whereas|recitals?\b)|^(?:\W*\d[\d.]*\W*)?["'][^"']{2,60}["'](?:,? and ["'][^"']+["'])?(?: \([^)]*\))?,? (?:shall )?(?:means?|has the meaning|have the meaning|includes?)\b/;

export const rules: Rule[] = [
  // License grant
  {
    category: 'license_grant',
    all: [/\bhereby (?:[\w,]+ ){0,4}(?:grants?|licenses|granted)\b/, grantsLicense, licensable],
    none: [notAGrant],
    confidence: 0.95,
  },
  {
    category: 'license_grant',
    all: [/\bgrants?(?: to)?\b/, grantsLicense, licensable, useVerb],
    none: [notAGrant, speaksOfGrants],
    confidence: 0.8,
  },
  {
    category: 'license_grant',
    all: [
      /\b(?:is|are|shall be) (?:hereby )?(?:granted|licensed) (?:a|an|the) (?:[\w-]+,? ){0,8}(?:licen[cs]e|right)/,
      licensable,
      useVerb,
    ],
    none: [notAGrant, speaksOfGrants],
    confidence: 0.65,
  },
  {
    category: 'license_grant',
    all: [
      /\b(?:shall|will) (?:have|retain|receive|enjoy) (?:a|an|the) (?:[\w-]+[, ]+){0,8}?(?:licen[cs]e|(?:non-?exclusive|exclusive|royalty-free|perpetual|worldwide|irrevocable)(?: and [\w-]+)? rights?)\b/,
      markOrWork,
      useVerb,
    ],
    none: [notAGrant, /\b(?:prosecut|negotiat|terminat)/],
    confidence: 0.7,
  },
  {
    category: 'license_grant',
    all: [
      /\b(?:may|(?:is|are|shall be) (?:hereby )?(?:permitted|authorized|entitled) to|(?:shall have|has) the (?:limited )?right to) (?:\w+ ){0,3}(?:use|reproduce|display|copy|install)\b/,
      markOrWork,
    ],
    none: [notAGrant, speaksOfGrants, /\b(?:terminat|expir|not|no|nor|notwithstanding|remed|confidential|sub-?licen)/],
    confidence: 0.5,
  },
  {
    category: 'license_grant',
    all: [/\bagrees? to (?:\w+ )?(?:grant|license)\b/, /\blicen[cs]e\b/, licensable],
    none: [notAGrant],
    confidence: 0.6,
  },

  // Non-transferable
  {
    category: 'non_transferable_license',
    all: [/\bnon-?\s?(?:transferr?able|assignable)\b/, /\blicen[cs]es?|rights?\b/, /\bgrant|licen[cs]e|right/],
    none: [/\bstock option|\bshares\b/],
    confidence: 0.9,
  },
  { category: 'non_transferable_license', all: [/\bnon-?\s?sub-?licen[cs]e?able\b/, /\bgrant|licen[cs]e/], confidence: 0.75 },
  {
    category: 'non_transferable_license',
    all: [
      /\bwithout (?:the |any )?right (?:of|to) (?:grant )?(?:sub-?licen[cs]|assign|transfer)|\b(?:no|not) (?:the |have any |have the )?right (?:of|to) (?:grant )?(?:sub-?licen[cs]|transfer)|\bno right to (?:grant )?sub-?licen/,
      /\bgrant|licen[cs]e/,
    ],
    confidence: 0.75,
  },
  {
    category: 'non_transferable_license',
    all: [
      /\blicen[cs]es?(?: rights)? (?:\w+ ){0,6}(?:is|are|may|shall|will)(?: be)? (?:not |personal|non)(?:\w+,? ){0,6}(?:assign|transfer|sub-?licen|personal)|\b(?:may|shall|will|can)(?: ?not| neither) (?:\w+,? (?:or )?){0,4}sub-?licen[cs]e\b/,
    ],
    none: [/\bsublicen[cs]e fee/],
    confidence: 0.6,
  },

  // Irrevocable or perpetual
  {
    category: 'irrevocable_or_perpetual_license',
    all: [
      /\b(?:irrevocable|irrevocably (?:grants?|licenses)|perpetual(?:ly)?|in perpetuity)\b/,
      /\blicen[cs]e|\bright(?:s)?(?: and licen[cs]e)? to\b|\bright of use\b|\bgrants?\b/,
      licensable,
    ],
    none: [
      /\bletter of credit\b|\bpower of attorney\b|\bproxy\b|\bguarant(?:y|ee)\b|\bjurisdiction\b|\bwarrants?\b.{0,30}\bshares\b|\bperpetual care\b|\bassigns?\b.{0,40}\bright, title/,
    ],
    confidence: 0.9,
  },

  // Unlimited
  {
    category: 'unlimited_license',
    all: [/\bunlimited\b/, /\b(?:licen[cs]e|right to use|use of|copies|users|seats|usage|runs)\b/],
    none: [/\bliab|\bindemnif|\bnot unlimited\b/],
    confidence: 0.8,
  },
  { category: 'unlimited_license', all: [/\b(?:enterprise|site)-?(?:wide)? licen[cs]e\b/, /\bgrant/], confidence: 0.6 },

  // Affiliates
  {
    category: 'affiliate_license_licensee',
    all: [
      new RegExp(
        `\\b(?:grants?|granted|licenses)\\b[^.;]{0,80}?\\b(?:to|unto)\\b[^.;]{0,100}?\\band (?:to )?(?:each (?:member )?of )?(?:its|their|his|all|such|any|other|each|the)?[^.;]{0,30}\\b${affiliates}`,
      ),
      /\blicen[cs]e|\bright/,
      licensable,
    ],
    none: [notAGrant],
    confidence: 0.8,
  },
  {
    category: 'affiliate_license_licensee',
    all: [
      new RegExp(`\\bsub-?licen[cs](?:e|es|ing|able|ed)\\b[^.;]{0,160}\\b(?:to|through)\\b[^.;]{0,80}\\b${affiliates}`),
      /\b(?:may|right|grant|entitled|permitted|extend)/,
    ],
    none: [/\b(?:may|shall|will) not\b/],
    confidence: 0.65,
  },
  {
    category: 'affiliate_license_licensee',
    all: [new RegExp(`\\blicen[cs]es?\\b[^.;]{0,100}\\b(?:extends?|apply|applies|include|available)\\b[^.;]{0,60}\\b${affiliates}`)],
    confidence: 0.6,
  },
  {
    category: 'affiliate_license_licensor',
    all: [
      new RegExp(
        `\\b(?:on behalf of (?:itself|themselves) and|for itself and|(?:shall|will) cause|itself and|and) [^.;]{0,40}\\b${affiliates},?[^.;]{0,30}\\b(?:(?:do |does )?hereby |to )?(?:grants?|licenses?)\\b`,
      ),
      grantsLicense,
    ],
    none: [notAGrant, speaksOfGrants, /\brelease\b/],
    confidence: 0.7,
  },
  {
    category: 'affiliate_license_licensor',
    all: [
      /\bhereby\b[^.;]{0,30}\bgrants?\b/,
      new RegExp(`\\b(?:owned|controlled|held)\\b[^.;]{0,60}\\bby\\b[^.;]{0,50}\\b(?:or|and)\\b[^.;]{0,20}\\b${affiliates}`),
      /\blicen[cs]e/,
    ],
    none: [notAGrant],
    confidence: 0.6,
  },

  // Ownership assignment
  {
    category: 'ip_ownership_assignment',
    all: [/\b(?:hereby|does|do|irrevocably) (?:[\w,]+ ){0,6}(?:assigns?|transfers?|conveys?|quitclaims?)\b/, right],
    none: [notATransfer],
    confidence: 0.9,
  },
  {
    category: 'ip_ownership_assignment',
    all: [
      /\b(?:assign|transfer|convey)s?\b[^.;]{0,160}\b(?:all|entire|any|its|his|her|their|full|exclusive|whatever|sole)\b[^.;]{0,40}\b(?:rights?,? (?:and )?titles?|titles?|ownership|copyrights?|rights? (?:in|to))\b/,
      right,
    ],
    none: [notATransfer],
    confidence: 0.75,
  },
  {
    category: 'ip_ownership_assignment',
    all: [/\bwork(?:s)?[ -]?(?:made[ -]?)?for[ -]?hire\b/],
    none: [/\bnot (?:be )?(?:considered )?(?:a )?works? made/],
    confidence: 0.85,
  },
  {
    category: 'ip_ownership_assignment',
    all: [
      /\b(?:(?:shall|will|to) (?:be |become |remain |be deemed |and shall remain )?[^.;]{0,30}(?:the )?(?:sole|exclusive|absolute)[^.;]{0,24} (?:property|owner)|(?:shall|will) (?:\w+ ){0,3}(?:vested? in|belong (?:\w+ )?to|(?:be|become) (?:the )?(?:our |property|owned (?:\w+ )?by))|our property)\b/,
      /\b(?:developed|created|conceived|made|prepared|produced|invented|arising|generated|authored|improvements?|modifications?|enhancements?|derivative works?|work product|deliverables|inventions?)\b/,
      right,
    ],
    none: [
      /\bjoint(?:ly)?\b|\bpre-?existing\b|\bprior to\b|\bequipment\b|\btangible\b|\bretains?\b|\bremain\b|\binfringement\b|\bown expense\b|\beach party\b|\bgoodwill\b/,
    ],
    confidence: 0.6,
  },

  // Joint ownership
  {
    category: 'joint_ip_ownership',
    all: [
      /\b(?:jointly (?:and equally |and severally )?own(?:ed|s)?|owned jointly|co-?owned?|joint(?:ly)? owne(?:rship|rs?|d)|own(?:ed)? (?:equally|in equal|an equal)|joint property|undivided (?:one-half|half|equal|joint)?\s?(?:interest|share)|jointly to the parties|jointly to (?:both|each))\b/,
      new RegExp(`${right.source}|\\bjoint (?:patent|invention|ip|technology|know-how|program)|\\bresults\\b|\\bdata\\b|\\bip\\b`),
    ],
    none: [/\bjointly owned (?:subsidiar|compan|entit)|\breal (?:property|estate)\b|\btenan/],
    confidence: 0.85,
  },
  {
    category: 'joint_ip_ownership',
    all: [
      /\bjoint (?:patents?|inventions?|ip|intellectual property|technolog(?:y|ies)|know-how|developments?|works?|collaboration (?:ip|patents?)|marks?)\b/,
      /\b(?:own|title|undivided|exploit|practice|accounting)/,
    ],
    none: [/\bprosecut|\bfiling\b/],
    confidence: 0.6,
  },

  // Source code escrow
  {
    category: 'source_code_escrow',
    all: [
      /\bescrow/,
      /\b(?:source code|source materials?|source|software|deposit materials?|design files|technology|object code|documentation)\b/,
    ],
    none: [/\bescrow (?:account|amount|fund|shares?)\b|\bfunds in escrow\b/],
    confidence: 0.9,
  },
  {
    category: 'source_code_escrow',
    all: [
      /\bdeposit(?:ed)? materials?\b|\bsource code\b[^.;]{0,120}\b(?:deposit|release condition|released|access condition)|\brelease condition/,
      /\b(?:deposit|release|escrow|source)/,
    ],
    none: [/\bescrow (?:account|amount|fund|shares?)\b|\bpurchase price\b|\bshares\b/],
    confidence: 0.6,
  },

  // Covenant not to sue
  {
    category: 'covenant_not_to_sue',
    all: [
      /\b(?:covenants?|agrees?|undertakes?)(?: and (?:covenants?|agrees?))? (?:never|not) to (?:sue|assert)\b/,
      /\b(?:patents?|intellectual property|infring\w*|copyrights?|marks?|misappropriat\w+)\b/,
    ],
    confidence: 0.9,
    certain: true,
  },
  {
    category: 'covenant_not_to_sue',
    all: [
      /\bcovenants? not to (?:sue|assert|challenge|bring)\b|\b(?:not|never)(?: to)?,? (?:[\w,]+ ){0,6}(?:sue|assert|bring|initiate|commence|institute|threaten)\b[^.;]{0,120}\b(?:claims?|suits?|actions?|litigation|proceedings?|patents?)\b/,
      /\b(?:patents?|intellectual property|infring\w*|copyrights?|marks?|misappropriat\w+|validity)\b/,
    ],
    none: [/\bdisclose|\bdefen[cs]e|\bwarrant|\bindemnif|\bright to (?:bring|initiate)|\bobligat/],
    confidence: 0.75,
  },
  {
    category: 'covenant_not_to_sue',
    all: [
      /\b(?:not|never|nor|neither|refrain from|without|at no time)\b[^.;]{0,200}\b(?:contest|challeng|disput|attack|oppos|impugn|impeach|question|impair|jeopardi[sz]|cancel|inconsistent with|adversely affect|invalidat)\w*\b/,
      /\b(?:validity|enforceab|ownership|title|registration|registrab|rights?|interests?)/,
      /\b(?:patents?|intellectual property|trade ?-?marks?|service marks?|marks?|copyrights?|trade ?names?|proprietary|brands?|logos?|software|technology|work product|licensed|know-how|names?|goodwill|domain|foregoing)\b/,
    ],
    none: [/\bcontestants?\b|\bright to contest\b|\btax|\binvoice|\bmaterial(?:ly)? adverse|\brepresents? and warrants?\b/],
    confidence: 0.85,
  },
];
