import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { categories } from '../../src/agents/analyze-document/analysis.js';
import { readStoredModel } from '../../src/agents/analyze-document/find/model.js';
import { labelNames, readCorpus } from './corpus.js';
import { type Evaluation, evaluate } from './evaluate.js';
import { interval } from './interval.js';
import type { Rates, Summary } from './measure/score.js';
import { fingerprint } from './split.js';

const USAGE = `Usage: npm run eval -- --data DIR [--json] [--pdf] [--split unseen|seen|all] [--predictions FILE]
  --data DIR          holds labels.jsonl
  --pdf               reads the PDFs instead of the texts; contracts without one are left out
  --split             unseen (default): contracts that the model has not learned from; in another folder than that of the training, all
  --predictions FILE  also writes what was found, one JSON per line: {id, clauses: [{text, category[]}]}`;

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    json: { type: 'boolean', default: false },
    pdf: { type: 'boolean', default: false },
    split: { type: 'string', default: 'unseen' },
    predictions: { type: 'string' },
  },
});
if (!values.data || !['unseen', 'seen', 'all'].includes(values.split)) throw new Error(USAGE);

const { trained } = await readStoredModel();
const seen = new Set(trained.contracts);
const contracts = (await readCorpus(values.data)).filter(
  ({ id, pdf }) => (values.split === 'all' || seen.has(fingerprint(id)) === (values.split === 'seen')) && (!values.pdf || pdf !== null),
);
if (contracts.length === 0) throw new Error(`No contract of ${values.data} is left to evaluate with these options.`);
const evaluation = await evaluate(contracts, values.pdf ? 'pdf' : 'txt');
if (values.predictions) await writeFile(values.predictions, evaluation.predictions.map(line).join(''));
if (values.json) console.log(JSON.stringify(report(evaluation)));
else print(evaluation);

function line({ id, clauses }: Evaluation['predictions'][number]): string {
  return `${JSON.stringify({ id, clauses: clauses.map(({ text, categories: own }) => ({ text, category: own.map((each) => labelNames[each]) })) })}\n`;
}

function report({ score, clauses, msPerContract, baselines, similarity }: Evaluation) {
  return {
    source: values.pdf ? 'pdf' : 'txt',
    split: values.split,
    contracts: score.contracts,
    lenient: score.any.lenient,
    lenient_ci95: interval(score.perContract),
    strict: score.any.strict,
    micro: score.micro,
    any: score.any,
    categories: score.categories,
    presence: score.presence,
    excerpts: { found: score.any.predicted, mean_words: score.any.meanWords },
    clauses: {
      found: clauses.found,
      mean_words: clauses.meanWords,
      median_words: clauses.medianWords,
      mean_whole_words: clauses.meanWholeWords,
      shortened: clauses.shortened,
    },
    ms_per_contract: { mean: msPerContract.mean, p95: msPerContract.p95, max: msPerContract.most },
    baselines: Object.fromEntries(
      Object.entries(baselines).map(([name, { any, micro }]) => [name, { lenient: any.lenient, strict: any.strict, micro: micro.lenient }]),
    ),
    similarity,
    bars: {
      lenient: score.any.lenient.f1 >= 0.72,
      strict: score.any.strict.f1 >= 0.68,
      micro: score.micro.lenient.f1 >= 0.7,
      words: Math.max(score.any.meanWords, clauses.meanWords) <= 110,
      ms: msPerContract.mean <= 100,
    },
  };
}

function print({ score, clauses, msPerContract, baselines, similarity }: Evaluation): void {
  const [from, to] = interval(score.perContract);
  console.log(
    `${score.contracts} contracts (${values.split}), from ${values.pdf ? 'PDF' : 'text'}; ${score.any.gold} to find, ${score.any.predicted} found\n`,
  );
  console.log(
    `any category   lenient ${rates(score.any.lenient)} (95 % ${from.toFixed(3)}-${to.toFixed(3)})   strict ${rates(score.any.strict)}`,
  );
  console.log(`by category    lenient ${rates(score.micro.lenient)}                   strict ${rates(score.micro.strict)}\n`);
  for (const category of categories)
    console.log(`${category.padEnd(34)}${row(score.categories[category])}   present ${score.presence[category].f1.toFixed(3)}`);
  console.log(
    `\nwords: ${score.any.meanWords.toFixed(1)} an excerpt, ${clauses.meanWords.toFixed(1)} a clause as shown (median ${clauses.medianWords}, ${clauses.found} clauses)`,
  );
  console.log(`       ${clauses.meanWholeWords.toFixed(1)} a clause as printed; ${clauses.shortened} are shown shortened`);
  console.log(
    `processor time after reading: ${msPerContract.mean.toFixed(1)} ms a contract, p95 ${msPerContract.p95.toFixed(1)}, most ${msPerContract.most.toFixed(1)}`,
  );
  for (const [name, { any }] of Object.entries(baselines))
    console.log(`baseline ${name.padEnd(16)} lenient ${any.lenient.f1.toFixed(3)} strict ${any.strict.f1.toFixed(3)}`);
  if (similarity) console.log(`similarity of PDF to text: mean ${similarity.mean.toFixed(3)}, least ${similarity.least.toFixed(3)}`);
}

function row({ gold, predicted, lenient, strict }: Summary): string {
  return `${String(gold).padStart(4)} to find ${String(predicted).padStart(4)} found   lenient ${rates(lenient)}   strict ${strict.f1.toFixed(3)}`;
}

function rates({ precision, recall, f1 }: Rates): string {
  return `P ${precision.toFixed(3)} R ${recall.toFixed(3)} F1 ${f1.toFixed(3)}`;
}
