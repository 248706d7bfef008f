import { readFile } from 'node:fs/promises';
import type { FoundClause } from '../../src/agents/analyze-document/analysis.js';
import { compare } from '../../src/agents/analyze-document/compare/compare.js';
import { readPlaybook } from '../../src/agents/analyze-document/compare/playbook.js';
import { ModelFinder } from '../../src/agents/analyze-document/find/model-finder.js';
import { defaultLimits } from '../../src/agents/analyze-document/limits.js';
import { readDocument } from '../../src/agents/analyze-document/read/read-document.js';
import { quote } from '../../src/agents/analyze-document/segment/quote.js';
import { segment } from '../../src/agents/analyze-document/segment/segment.js';
import { countWords } from '../../src/agents/analyze-document/segment/sentences.js';
import { baselines } from './baselines.js';
import type { Contract } from './corpus.js';
import { type Judged, type Score, score } from './measure/score.js';
import { predictionsOf } from './predict.js';
import type { ReadContract } from './read-contract.js';
import { similarity } from './similarity.js';

export interface Evaluation {
  /** Of the excerpts: what is measured. */
  score: Score;
  predictions: { id: string; clauses: Judged['predictions'] }[];
  /** Words of the clauses that the excerpts are in, as the result shows them: what a reader gets; and of the whole clauses. */
  clauses: { found: number; meanWords: number; medianWords: number; meanWholeWords: number; shortened: number };
  /** Segmenting, finding and comparing, reading left out: processor time, which other work on the machine does not lengthen. */
  msPerContract: { mean: number; p95: number; most: number };
  baselines: Record<keyof typeof baselines, Score>;
  /** With PDFs: how alike what was read is to the text beside it. */
  similarity: { mean: number; least: number; perContract: Record<string, number> } | null;
}

/** Runs the agent's own engine, all but the child process it runs in. */
export async function evaluate(contracts: readonly Contract[], source: 'txt' | 'pdf'): Promise<Evaluation> {
  const finder = await ModelFinder.load();
  const playbook = await readPlaybook();
  const read: ReadContract[] = [];
  const judged: Judged[] = [];
  const found: FoundClause[][] = [];
  const times: number[] = [];
  const alike: Record<string, number> = {};
  for (const contract of contracts) {
    const raw = await readFile(contract.txt, 'utf8');
    const { paragraphs } = await readDocument(await readFile(contract[source]!), defaultLimits, () => {});
    if (source === 'pdf') alike[contract.id] = similarity(raw, paragraphs.map(({ text }) => text).join('\n'));
    const before = process.cpuUsage();
    const clauses = segment(paragraphs);
    const findings = finder.find(clauses);
    compare(findings, paragraphs, playbook);
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1_000);
    read.push({ contract, raw, clauses });
    found.push(findings);
    judged.push({ labels: contract.labels, predictions: predictionsOf(findings) });
  }
  return {
    score: score(judged),
    predictions: judged.map(({ predictions }, index) => ({ id: contracts[index]!.id, clauses: predictions })),
    clauses: wordsOf(found.flat()),
    msPerContract: spread(times),
    baselines: {
      keyword: scoreBaseline(read, 'keyword'),
      whole_document: scoreBaseline(read, 'whole_document'),
      rules: scoreBaseline(read, 'rules'),
    },
    similarity:
      source === 'pdf' ? { mean: mean(Object.values(alike)), least: Math.min(...Object.values(alike)), perContract: alike } : null,
  };
}

function scoreBaseline(read: readonly ReadContract[], name: keyof typeof baselines): Score {
  return score(read.map((each) => ({ labels: each.contract.labels, predictions: baselines[name](each) })));
}

function wordsOf(found: readonly FoundClause[]): Evaluation['clauses'] {
  const clauses = found
    .map(({ clause, excerpts }) => ({ clause, sure: excerpts.filter(({ doubtful }) => !doubtful) }))
    .filter(({ sure }) => sure.length > 0)
    .map(({ clause, sure }) => ({
      whole: clause.text,
      shown: quote(clause, sure),
    }));
  const words = clauses.map(({ shown }) => countWords(shown)).sort((a, b) => a - b);
  return {
    found: clauses.length,
    meanWords: mean(words),
    medianWords: words[words.length >> 1] ?? 0,
    meanWholeWords: mean(clauses.map(({ whole }) => countWords(whole))),
    shortened: clauses.filter(({ whole, shown }) => whole !== shown).length,
  };
}

function spread(times: readonly number[]): Evaluation['msPerContract'] {
  const sorted = [...times].sort((a, b) => a - b);
  return { mean: mean(sorted), p95: sorted[Math.floor(sorted.length * 0.95)] ?? 0, most: sorted.at(-1) ?? 0 };
}

const mean = (values: readonly number[]) => (values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : 0);
