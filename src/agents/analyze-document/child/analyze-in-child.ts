import { TaskFailed } from '../../agent.js';
import type { Analysis } from '../analysis.js';
import type { Limits } from '../limits.js';
import { messages } from './messages.js';
import type { Message } from './protocol.js';
import { type Child, spawnChild } from './spawn-child.js';

export interface AnalysisOrder {
  limits: Limits;
  /** YAML, of the caller's; null for the one that comes with the agent. */
  playbook: string | null;
}

/**
 * Reads and analyses a document in a process of its own, because a few kilobytes can take gigabytes, or for ever.
 * Throws `TaskFailed` when the document is to blame, the signal's reason when the run was stopped, and any other error
 * when the machinery failed.
 */
export async function analyzeInChild(
  bytes: Buffer,
  { limits, playbook }: AnalysisOrder,
  signal: AbortSignal,
  onMessage: (message: Message) => Promise<void>,
): Promise<Analysis> {
  signal.throwIfAborted();
  const words = Buffer.from(playbook ?? '');
  const child = spawnChild({ limits, playbookBytes: words.length });
  const deadline = AbortSignal.timeout(limits.timeMs);
  const kill = () => child.kill('SIGKILL');
  const either = AbortSignal.any([signal, deadline]);
  either.addEventListener('abort', kill, { once: true });
  const end = ended(child);
  try {
    feed(child, words, bytes);
    const last = await follow(child, limits, onMessage);
    signal.throwIfAborted();
    if (last) return answer(last);
    if (deadline.aborted) throw timedOut();
    throw died(await end);
  } finally {
    either.removeEventListener('abort', kill);
    kill();
    await end;
  }
}

/** The last word of the child: its answer, or null when it went without one. */
async function follow(child: Child, limits: Limits, onMessage: (message: Message) => Promise<void>): Promise<Message | null> {
  for await (const message of messages(child.stdout, limits.outputBytes)) {
    if (message.kind === 'done' || message.kind === 'failed') return message;
    await onMessage(message);
  }
  return null;
}

function answer(message: Message): Analysis {
  if (message.kind === 'done') return message.analysis;
  if (message.kind === 'failed') throw new TaskFailed(message.code, message.message);
  throw new Error(`unexpected last message of the document reader: ${message.kind}`);
}

/** A child that dies early does not read to the end; that shows in how it ended, not here. */
function feed(child: Child, playbook: Buffer, bytes: Buffer): void {
  child.stdin.on('error', () => {});
  child.stdin.write(playbook);
  child.stdin.end(bytes);
}

interface End {
  code: number | null;
  signal: NodeJS.Signals | null;
  complaint: string;
  error?: Error;
}

function ended(child: Child): Promise<End> {
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-4_000);
  });
  const { promise, resolve } = Promise.withResolvers<End>();
  child.once('error', (error) => resolve({ code: null, signal: null, complaint, error }));
  child.once('close', (code, signal) => resolve({ code, signal, complaint }));
  return promise;
}

// How a process ends that may not have more memory: V8 and the C++ runtime abort or trap.
const outOfMemory = new Set<NodeJS.Signals>(['SIGABRT', 'SIGTRAP', 'SIGILL', 'SIGSEGV', 'SIGBUS']);

function died({ code, signal, complaint, error }: End): Error {
  if (error) return new Error('the document reader could not be started', { cause: error });
  if (signal === 'SIGXCPU') return timedOut();
  if ((signal && outOfMemory.has(signal)) || /out of memory|allocation failed|bad_alloc/i.test(complaint)) {
    return new TaskFailed('document_too_complex', 'Reading the document takes more memory than is allowed.');
  }
  return new Error(`the document reader ended with ${signal ?? `code ${code}`}: ${complaint.trim()}`);
}

function timedOut(): TaskFailed {
  return new TaskFailed('document_timeout', 'Reading the document takes more time than is allowed.');
}
