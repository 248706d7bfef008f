import { StringDecoder } from 'node:string_decoder';
import { TaskFailed } from '../../agent.js';
import type { Message } from './protocol.js';

/** The child's messages, one per line. What a document makes it say is bounded. */
export async function* messages(output: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Message> {
  const decoder = new StringDecoder('utf8');
  let bytes = 0;
  let line: string[] = []; // in pieces: to look through all of a long line at every chunk would be quadratic
  for await (const chunk of output) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new TaskFailed('document_too_complex', 'What was found in the document is more than a result can hold.');
    const [end = '', ...next] = decoder.write(chunk).split('\n');
    line.push(end);
    for (const start of next) {
      yield JSON.parse(line.join('')) as Message;
      line = [start];
    }
  }
}
