import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../../src/platform/package-root.js';
import { contractParagraphs, contractPdf } from '../../agents/analyze-document/documents.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postback-eval-'));
  await writeFile(join(folder, 'a.txt'), contractParagraphs.join('\n\n'));
  await writeFile(join(folder, 'a.pdf'), await contractPdf());
  const labels = {
    'Ip Ownership Assignment': [contractParagraphs[1]!.slice('2. Ownership. '.length)],
    'License Grant': [contractParagraphs[2]!],
    'Non-Transferable License': [contractParagraphs[2]!],
  };
  await writeFile(join(folder, 'labels.jsonl'), `${JSON.stringify({ id: 'a', txt: 'a.txt', pdf: 'a.pdf', labels })}\n`);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function evaluate(...options: string[]) {
  const { stdout } = await promisify(execFile)(process.execPath, [
    packageRoot('dist/bench/analysis/eval.js'),
    '--data',
    folder,
    '--json',
    ...options,
  ]);
  return JSON.parse(stdout);
}

describe('npm run eval', () => {
  it('judges the own engine by the labels of a folder it has never seen, texts and PDFs alike', async () => {
    const predictions = join(folder, 'predictions.jsonl');
    const [text, pdf] = await Promise.all([evaluate('--predictions', predictions), evaluate('--pdf')]);
    expect(text).toMatchObject({ source: 'txt', contracts: 1, lenient: { f1: 1 }, strict: { f1: 1 }, micro: { lenient: { f1: 1 } } });
    expect(text.bars).toEqual({ lenient: true, strict: true, micro: true, words: true, ms: expect.any(Boolean) });
    expect(text.baselines.whole_document).toMatchObject({ strict: { f1: 0 } });
    expect(pdf).toMatchObject({ source: 'pdf', lenient: { f1: 1 } });
    expect(pdf.similarity.mean).toBeGreaterThan(0.99);
    const [line] = (await readFile(predictions, 'utf8')).split('\n');
    expect(JSON.parse(line!).clauses[1]).toMatchObject({ category: ['License Grant', 'Non-Transferable License'] });
  });
});
