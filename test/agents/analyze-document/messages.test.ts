import { describe, expect, it } from '@jest/globals';
import { messages } from '../../../src/agents/analyze-document/child/messages.js';
import type { Message } from '../../../src/agents/analyze-document/child/protocol.js';

const CHUNK = 65_536;

async function readAll(chunks: Iterable<Buffer>, maxBytes = 16_000_000): Promise<unknown[]> {
  async function* output() {
    yield* chunks;
  }
  const read: Message[] = [];
  for await (const message of messages(output(), maxBytes)) read.push(message);
  return read;
}

describe("the child's messages", () => {
  const said = [{ a: 'é€😀' }, {}, { b: [1, 2] }];
  const bytes = Buffer.from(said.map((message) => `${JSON.stringify(message)}\n`).join(''));

  it('are the same wherever its output is cut', async () => {
    expect(await readAll([bytes])).toEqual(said);
    expect(await readAll([...bytes].map((byte) => Buffer.of(byte)))).toEqual(said);
    for (let at = 1; at < bytes.length; at++) expect(await readAll([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(said);
  });

  it('may be as long as its whole output may be', async () => {
    const long = { text: 'x'.repeat(15_000_000) };
    const line = Buffer.from(`${JSON.stringify(long)}\n`);
    const chunks = Array.from({ length: Math.ceil(line.length / CHUNK) }, (_, i) => line.subarray(i * CHUNK, (i + 1) * CHUNK));
    expect(await readAll(chunks)).toEqual([long]);
  });

  it('are refused when they are more than that', async () => {
    await expect(readAll([bytes], bytes.length - 1)).rejects.toThrow('more than a result can hold');
  });
});
