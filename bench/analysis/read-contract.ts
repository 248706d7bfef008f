import { readFile } from 'node:fs/promises';
import type { Clause } from '../../src/agents/analyze-document/analysis.js';
import { readText } from '../../src/agents/analyze-document/read/read-text.js';
import { segment } from '../../src/agents/analyze-document/segment/segment.js';
import type { Contract } from './corpus.js';

export interface ReadContract {
  contract: Contract;
  /** Before anything was read out of it. */
  raw: string;
  clauses: Clause[];
}

/** The text of a contract, read and parted as the agent does it. */
export async function readContract(contract: Contract): Promise<ReadContract> {
  const bytes = await readFile(contract.txt);
  return { contract, raw: bytes.toString(), clauses: segment(readText(bytes).paragraphs) };
}
