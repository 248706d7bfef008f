import { TaskFailed } from '../agent.js';
import type { Analysis } from './analysis.js';
import type { Message } from './child/protocol.js';
import { compare } from './compare/compare.js';
import { parsePlaybook, readPlaybook } from './compare/playbook.js';
import type { ClauseFinder } from './find/clause-finder.js';
import { ModelFinder } from './find/model-finder.js';
import type { Limits } from './limits.js';
import type { Paragraph } from './read/document.js';
import { isEnglish } from './read/is-english.js';
import { readDocument } from './read/read-document.js';
import { titleOf } from './read/title.js';
import { segment } from './segment/segment.js';
import { countWords } from './segment/sentences.js';

/** The whole way from bytes to findings. Runs in the child process: a document's bytes are touched nowhere else. */
export async function analyze(bytes: Buffer, limits: Limits, playbook: string | null, tell: (message: Message) => void): Promise<Analysis> {
  const document = await readDocument(bytes, limits, (page, pages) => tell({ kind: 'reading', page, pages }));
  tell({ kind: 'stage', stage: 'finding' });
  const finder: ClauseFinder = await ModelFinder.load();
  const found = finder.find(segment(document.paragraphs));
  if (found.length > limits.findings) {
    throw new TaskFailed('document_too_complex', `More than ${limits.findings} clauses of the document deal with intellectual property.`);
  }
  tell({ kind: 'stage', stage: 'comparing' });
  const english = isEnglish(document.paragraphs);
  const { deviations, missing } = compare(found, document.paragraphs, playbook === null ? await readPlaybook() : parsePlaybook(playbook));
  return {
    pages: document.pages,
    words: wordsOf(document.paragraphs),
    title: titleOf(document),
    language: english ? 'en' : null,
    found,
    deviations,
    // what is not understood may be there
    missing: english ? missing : [],
  };
}

function wordsOf(paragraphs: readonly Paragraph[]): number {
  return paragraphs.reduce((words, { text }) => words + countWords(text), 0);
}
