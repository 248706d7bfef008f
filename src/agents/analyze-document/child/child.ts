import { Console } from 'node:console';
import { writeSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { TaskFailed } from '../../agent.js';
import { analyze } from '../analyze.js';
import type { Message, Order } from './protocol.js';

// The entry of the child process. Standard output carries messages and nothing else: libraries that print go to stderr.
globalThis.console = new Console(process.stderr, process.stderr);

const { limits, playbookBytes } = JSON.parse(process.argv[2] ?? '') as Order;
try {
  const input = await buffer(process.stdin);
  const playbook = playbookBytes > 0 ? input.toString('utf8', 0, playbookBytes) : null;
  const analysis = await analyze(input.subarray(playbookBytes), limits, playbook, send);
  send({ kind: 'done', analysis });
} catch (error) {
  send(failure(error));
}
// A library may have left a timer or a parser behind.
process.exit(0);

function failure(error: unknown): Message {
  if (error instanceof TaskFailed) return { kind: 'failed', code: error.code, message: error.message };
  // What V8 and Node refuse to do for this document alone: endless recursion, a buffer over the limit.
  if (error instanceof RangeError)
    return { kind: 'failed', code: 'document_too_complex', message: 'The document is too complex to be read.' };
  throw error;
}

/** Written at once and whole, in order, also just before the process ends. */
function send(message: Message): void {
  const line = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let sent = 0; sent < line.length; ) sent += write(line, sent);
}

function write(line: Buffer, from: number): number {
  try {
    return writeSync(1, line, from);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    return 0;
  }
}
