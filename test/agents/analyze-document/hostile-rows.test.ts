import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AnalyzeDocumentAgent } from '../../../src/agents/analyze-document/analyze-document.agent.js';
import { Receiver } from '../../support/receiver.js';
import { runAgent } from '../../support/run-agent.js';
import { contractRefs } from './documents.js';
import { hostileDocuments } from './hostile-documents.js';

/** Whoever is asked for something that a document names. */
let trap: Receiver;

beforeAll(async () => {
  trap = await Receiver.start(200);
});

afterAll(() => trap.stop());

describe('a hostile document', () => {
  it.each(hostileDocuments)('$row', async ({ make, code }) => {
    const document = await make(trap.url('/trap'));
    const input = { document_url: 'https://a.test/contract.pdf', analysis_type: 'ip_clauses' };
    const run = runAgent(new AnalyzeDocumentAgent(), input, { download: () => document });
    if (code === null) expect((await run).result.ip_clauses).toEqual(contractRefs);
    else await expect(run).rejects.toMatchObject({ name: 'TaskFailed', code: expect.stringMatching(code) });
  });

  it('reaches nothing that it names, on the network or in the file system', () => {
    expect(trap.received).toEqual([]);
    expect(existsSync('/tmp/postback-climbed')).toBe(false);
  });
});
