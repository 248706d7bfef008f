import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { decodeModel } from '../../src/agents/analyze-document/find/model.js';
import { ModelFinder } from '../../src/agents/analyze-document/find/model-finder.js';
import { packageRoot } from '../../src/platform/package-root.js';
import { readCorpus } from './corpus.js';
import { interval } from './interval.js';
import { score } from './measure/score.js';
import { type ReadContract, readContract } from './read-contract.js';
import { foldOf, isHeldOut } from './split.js';
import { figuresOf, folds, judge, trainModel } from './train/train-model.js';

const USAGE = `Usage: npm run train -- --data DIR [--out FILE | --estimate]
  --data DIR   holds labels.jsonl
  --out FILE   where the model goes; the agent's own when left out
  --estimate   writes nothing: trains once for each fifth of all contracts, on the other four, and judges that fifth by it`;

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    out: { type: 'string', default: packageRoot('src/agents/analyze-document/find/model.json') },
    estimate: { type: 'boolean', default: false },
  },
});
if (!values.data) throw new Error(USAGE);
const contracts = await Promise.all((await readCorpus(values.data)).map(readContract));
if (values.estimate) estimate();
else await train();

async function train(): Promise<void> {
  const side = contracts.filter(({ contract }) => !isHeldOut(contract.id));
  const { model, figures } = trainModel(side);
  const text = `${JSON.stringify(model)}\n`;
  await writeFile(values.out, text);
  console.log(`learned from ${side.length} contracts; by cross-validation on them: ${JSON.stringify(figures)}`);
  console.log(`wrote ${values.out}, ${text.length} bytes`);
}

/** What the way of training is worth: every contract kept apart in turn, thresholds and all. */
function estimate(): void {
  const finders = Array.from({ length: folds }, (_, fold) => {
    const { model, figures } = trainModel(contracts.filter((each) => foldOfContract(each) !== fold));
    console.log(`without fifth ${fold + 1}: ${JSON.stringify(figures)}`);
    return new ModelFinder(decodeModel(model));
  });
  const judged = contracts.map((each) => judge(each, finders[foldOfContract(each)]!));
  const [from, to] = interval(score(judged).perContract);
  console.log(
    `${contracts.length} contracts, each unseen: ${JSON.stringify(figuresOf(judged))}, lenient 95 % ${from.toFixed(3)}-${to.toFixed(3)}`,
  );
}

function foldOfContract({ contract }: ReadContract): number {
  return foldOf(contract.id, folds);
}
