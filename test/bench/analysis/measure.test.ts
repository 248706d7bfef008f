import { describe, expect, it } from '@jest/globals';
import { type Judged, score } from '../../../bench/analysis/measure/score.js';
import { covered, Span, tokens } from '../../../bench/analysis/measure/span.js';
import { type Category, categories } from '../../../src/agents/analyze-document/analysis.js';

const labels = (given: Partial<Record<Category, string[]>>): Judged['labels'] =>
  Object.fromEntries(categories.map((category) => [category, given[category] ?? []])) as unknown as Judged['labels'];

const grant =
  'Brook & Lane hereby grants to Hollow Tree a non-exclu-\nsive, non-transferable licence to use the Heron software, solely for its own business purposes.';
const escrow = 'Brook & Lane shall deposit the source code of the Heron software with an escrow agent within thirty days of delivery.';
const suit =
  'Hollow Tree shall never contest the validity of any patent that Brook & Lane owns or <omitted> assist others in such a contest.';
const padding = ' Fees fall due in thirty days and bear interest at the rate of five percent a year from the due date until paid.';

/** Three made-up contracts: a hit and a part, padding and a miss, a false alarm. */
const contracts: Judged[] = [
  {
    labels: labels({ license_grant: [grant], non_transferable_license: [grant], source_code_escrow: [escrow] }),
    predictions: [
      { text: grant.replace('-\n', '').replace('licence', 'Licence'), categories: ['license_grant', 'non_transferable_license'] },
      { text: `${escrow}${padding}${padding}`, categories: ['source_code_escrow'] },
    ],
  },
  {
    labels: labels({ covenant_not_to_sue: [suit], license_grant: [grant] }),
    predictions: [
      {
        text: 'Hollow Tree shall never contest the validity of any patent that Brook & Lane owns or holds.',
        categories: ['covenant_not_to_sue'],
      },
      { text: padding.repeat(20), categories: ['license_grant'] },
    ],
  },
  { labels: labels({}), predictions: [{ text: padding, categories: ['license_grant'] }] },
];

const EXPECTED = {
  lenient: [0.6, 0.75],
  strict: 0.4444444444444445,
  words: 0.16964285714285718,
  meanWords: 118.0,
  micro: 0.7272727272727272,
  presence: 0.6666666666666666,
};

describe('the measure', () => {
  // The figures are those of the Python program that defines the measure, on this very fixture.
  it('agrees with the program that defines it', () => {
    const { any, micro, presence } = score(contracts);
    expect(any).toMatchObject({ gold: 4, predicted: 5, tooLong: 1 });
    expect(any.lenient.precision).toBeCloseTo(EXPECTED.lenient[0]!, 6);
    expect(any.lenient.recall).toBeCloseTo(EXPECTED.lenient[1]!, 6);
    expect(any.strict.f1).toBeCloseTo(EXPECTED.strict, 6);
    expect(any.words.f1).toBeCloseTo(EXPECTED.words, 6);
    expect(any.meanWords).toBeCloseTo(EXPECTED.meanWords, 6);
    expect(micro.lenient.f1).toBeCloseTo(EXPECTED.micro, 6);
    expect(presence.any.accuracy).toBeCloseTo(EXPECTED.presence, 6);
  });

  it('sees letters and digits only, hyphens and apostrophes joined', () => {
    expect(tokens("Non-\n exclusive [***] licensee's “Heron”\u00ad 7.2")).toEqual(['nonexclusive', 'licensees', 'heron', '7', '2']);
  });

  it('counts shared words in runs of five, and never over a gap', () => {
    const whole = new Span('a b c d e f g h i j');
    expect(covered(new Span('a b c d x f g h i j'), whole.runs)).toBe(5);
    expect(covered(new Span('a b c d e <omitted> f g h i j'), whole.runs)).toBe(10);
    expect(covered(new Span('a b c d'), whole.runs)).toBe(0);
  });
});
