import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { TaskFailed } from '../../src/agents/agent.js';
import { AnalyzeDocumentAgent } from '../../src/agents/analyze-document/analyze-document.agent.js';
import type { AnalyzeDocumentResult } from '../../src/agents/analyze-document/result.js';
import { runAgent } from '../support/run-agent.js';

// Reads every document of a folder of yours (`npm run test:corpus`). Not part of `npm test`: it has no documents.
const folder = process.env.POSTBACK_TEST_CORPUS;
if (!folder || !(await stat(folder).catch(() => null))?.isDirectory()) {
  throw new Error('POSTBACK_TEST_CORPUS must name a folder with documents (.pdf, .docx, .html, .htm, .txt)');
}

const kinds = new Set(['.pdf', '.docx', '.html', '.htm', '.txt']);
const names = (await readdir(folder, { recursive: true })).filter((name) => kinds.has(extname(name).toLowerCase())).sort();
const totals = { read: 0, failed: 0, crashed: 0, pages: 0, words: 0, clauses: 0, ms: 0 };

describe('every document of the corpus', () => {
  it.each(names)(
    '%s',
    async (name) => {
      const started = performance.now();
      const outcome = await analyze(join(folder, name));
      const ms = Math.round(performance.now() - started);
      count(outcome, ms);
      print(
        `${String(totals.read + totals.failed + totals.crashed).padStart(4)}/${names.length}  ${describeOutcome(outcome)}${String(ms).padStart(7)} ms  ${name}`,
      );
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(TaskFailed);
    },
    120_000,
  );

  afterAll(() => {
    const { read, failed, crashed, pages, words, clauses, ms } = totals;
    print(
      `\n${read} read, ${failed} failed with a code, ${crashed} crashed; ${pages} pages, ${words} words, ${clauses} clauses, ${(ms / 1000).toFixed(1)} s`,
    );
  });
});

async function analyze(path: string): Promise<AnalyzeDocumentResult | Error> {
  const input = { document_url: `file://${path}`, analysis_type: 'ip_clauses' };
  try {
    return (await runAgent(AnalyzeDocumentAgent, input, { download: () => readFile(path) })).result;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function count(outcome: AnalyzeDocumentResult | Error, ms: number): void {
  totals.ms += ms;
  if (outcome instanceof TaskFailed) totals.failed += 1;
  else if (outcome instanceof Error) totals.crashed += 1;
  else {
    totals.read += 1;
    totals.pages += outcome.document.pages ?? 0;
    totals.words += outcome.document.words;
    totals.clauses += outcome.clauses.length;
  }
}

function describeOutcome(outcome: AnalyzeDocumentResult | Error): string {
  if (outcome instanceof TaskFailed) return outcome.code.padEnd(42);
  if (outcome instanceof Error) return `CRASH ${outcome.message.slice(0, 35)}`.padEnd(42);
  const { pages, words } = outcome.document;
  return `${String(pages ?? '-').padStart(5)} pages ${String(words).padStart(8)} words ${String(outcome.clauses.length).padStart(4)} clauses  `;
}

/** At once: jest keeps what `console.log` says until the file is done. */
function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
