import { describe, expect, it } from '@jest/globals';
import { fingerprint, foldOf, isHeldOut } from '../../../bench/analysis/split.js';
import { markSentences } from '../../../bench/analysis/train/gold-marks.js';
import { trainModel } from '../../../bench/analysis/train/train-model.js';
import { type Category, categories } from '../../../src/agents/analyze-document/analysis.js';
import { decodeModel, readStoredModel } from '../../../src/agents/analyze-document/find/model.js';
import { ModelFinder } from '../../../src/agents/analyze-document/find/model-finder.js';
import { readText } from '../../../src/agents/analyze-document/read/read-text.js';
import { segment } from '../../../src/agents/analyze-document/segment/segment.js';

const labels = (given: Partial<Record<Category, string[]>>) =>
  Object.fromEntries(categories.map((category) => [category, given[category] ?? []])) as Record<Category, string[]>;

/** Made-up contracts: in each a license that is marked, and sentences that are not. */
function contracts(count: number) {
  return Array.from({ length: count }, (_, n) => {
    const license = `Owner hereby grants to User number ${n} a license to use the licensed software.`;
    const raw = `1. Fees. User shall pay the fees to Owner by the end of each month without deduction.\n\n2. License. ${license}\n\n3. Law. The rights of the parties are governed by the law of the place where Owner works.`;
    const contract = {
      id: `Company${'abcdefghijklmnopqrstuvwxyz'[n % 26]}${'xyz'[n % 3]}-${n}`,
      txt: '',
      pdf: null,
      labels: labels({ license_grant: [license] }),
    };
    return { contract, raw, clauses: segment(readText(Buffer.from(raw)).paragraphs) };
  });
}

describe('training', () => {
  it('gives the same file every time, and one that finds what it was shown', () => {
    const { model } = trainModel(contracts(40));
    expect(JSON.stringify(trainModel(contracts(40)).model)).toBe(JSON.stringify(model));
    const finder = new ModelFinder(decodeModel(model));
    const [fresh] = contracts(1);
    const found = finder
      .find(fresh!.clauses)
      .filter(({ excerpts }) => excerpts.some(({ category, doubtful }) => category === 'license_grant' && !doubtful));
    expect(found.map(({ clause }) => clause.ref)).toEqual(['Clause 2']);
  });

  it('marks sentences by their place: the same words elsewhere are not marked', () => {
    const sentence = 'Owner grants User the right to print the book.';
    const marked = markSentences(
      `A contract. ${sentence} More. ${sentence}`,
      ['A contract.', sentence, 'More.', sentence],
      labels({ license_grant: [sentence] }),
    );
    expect(marked.map(({ inside }) => inside[categories.indexOf('license_grant')])).toEqual([0, 1, 0, 0]);
  });

  it('keeps the contracts of one company on one side', () => {
    expect(isHeldOut('AcmeInc_2001-EX-10')).toBe(isHeldOut('ACMEINC-2019-EX-99'));
    expect(foldOf('AcmeInc_2001-EX-10', 5)).toBe(foldOf('ACMEINC-2019-EX-99', 5));
    const share = Array.from({ length: 2_000 }, (_, n) =>
      isHeldOut(`Company${String.fromCharCode(97 + (n % 26), 97 + ((n / 26) % 26), 97 + ((n / 676) % 26))}`),
    );
    expect(share.filter(Boolean).length / 2_000).toBeCloseTo(0.2, 1);
  });
});

describe('the model that ships', () => {
  it('is small, says where it is from, and has learned from none of the contracts kept apart', async () => {
    const stored = await readStoredModel();
    expect(JSON.stringify(stored).length).toBeLessThanOrEqual(500_000);
    expect(stored.about).toMatch(/CUAD v1.*The Atticus Project.*CC BY 4\.0/);
    expect(stored.trained.contracts?.length).toBeGreaterThan(200);
    expect(stored.trained.contracts).not.toContain(fingerprint('a contract nobody has'));
  });

  it('is refused when signals or rules were changed and it was not trained again', async () => {
    const stored = await readStoredModel();
    expect(() => decodeModel({ ...stored, signals: stored.signals.slice(0, -16) })).toThrow('train it again');
  });
});
