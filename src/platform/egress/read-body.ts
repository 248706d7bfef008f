import { pipeline, type Readable } from 'node:stream';
import { contentDecoder } from './content-decoder.js';

export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

export class UnknownEncoding extends Error {
  override readonly name = 'UnknownEncoding';
}

/** The whole decoded body, if it has at most `maxBytes`. The caller closes the stream when this throws. */
export async function readBody(body: Readable, encoding: string | undefined, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of decoded(body, encoding) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function decoded(body: Readable, encoding: string | undefined): Readable {
  const decoder = contentDecoder(encoding, 'whole');
  if (decoder === 'identity') return body;
  if (decoder === 'unknown') throw new UnknownEncoding();
  // The callback only keeps a failure from being unhandled: it reaches the reader through the decoder.
  return pipeline(body, decoder, () => {});
}
