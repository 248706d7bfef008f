import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { decodeModel } from '../../src/agents/analyze-document/find/model.js';
import { ModelFinder } from '../../src/agents/analyze-document/find/model-finder.js';
import { packageRoot } from '../../src/platform/package-root.js';
import { readCorpus } from './corpus.js';
import { interval } from './interval.js';
import { type Judged, score } from './measure/score.js';
import { type ReadContract, readContract } from './read-contract.js';
import { foldOf, isHeldOut } from './split.js';
import { figuresOf, folds, judge, type Trained, trainModel } from './train/train-model.js';

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
if (!isMainThread) parentPort!.postMessage(trainWithout(workerData.fold));
else if (values.estimate) await estimate();
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
async function estimate(): Promise<void> {
  const trained = await Promise.all(Array.from({ length: folds }, (_, fold) => inThread(fold)));
  for (const [fold, { figures }] of trained.entries()) console.log(`without fifth ${fold + 1}: ${JSON.stringify(figures)}`);
  const finders = trained.map(({ model }) => new ModelFinder(decodeModel(model)));
  const judged = contracts.map((each) => ({ held: isHeldOut(each.contract.id), ...judge(each, finders[foldOfContract(each)]!) }));
  report('', judged);
  report(
    ', of the side kept apart',
    judged.filter(({ held }) => held),
  );
}

function report(which: string, judged: readonly Judged[]): void {
  const [from, to] = interval(score(judged).perContract);
  const lenient = `lenient 95 % ${from.toFixed(3)}-${to.toFixed(3)}`;
  console.log(`${judged.length} contracts${which}, each unseen: ${JSON.stringify(figuresOf(judged))}, ${lenient}`);
}

function trainWithout(fold: number): Trained {
  return trainModel(contracts.filter((each) => foldOfContract(each) !== fold));
}

/** The fifths know nothing of one another, so they are learned at the same time. */
async function inThread(fold: number): Promise<Trained> {
  const worker = new Worker(new URL(import.meta.url), { argv: process.argv.slice(2), workerData: { fold } });
  const [trained] = await once(worker, 'message');
  return trained;
}

function foldOfContract({ contract }: ReadContract): number {
  return foldOf(contract.id, folds);
}
