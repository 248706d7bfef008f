import { RuleFinder } from '../../src/agents/analyze-document/find/find-by-rules.js';
import { splitSentences } from '../../src/agents/analyze-document/segment/sentences.js';
import type { Judged } from './measure/score.js';
import { predictionsOf } from './predict.js';
import type { ReadContract } from './read-contract.js';

const keyword =
  /\b(?:licen[cs]es?|licen[cs]ed|sublicen[cs]e|intellectual property|hereby grants?|hereby assigns?|escrow|covenants? not to sue|perpetual|irrevocable)\b/i;

type Predict = (contract: ReadContract) => Judged['predictions'];

/** What it takes to be better than: the word search of an afternoon, no search at all, and rules without a model. */
export const baselines: Record<'keyword' | 'whole_document' | 'rules', Predict> = {
  keyword: ({ clauses }) =>
    clauses
      .flatMap(({ body }) => splitSentences(body).filter((sentence) => keyword.test(sentence)))
      .map((text) => ({ text, categories: [] })),
  whole_document: ({ raw }) => [{ text: raw, categories: [] }],
  rules: ({ clauses }) => predictionsOf(new RuleFinder().find(clauses)),
};
