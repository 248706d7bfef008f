import { fileURLToPath } from 'node:url';
import { Helper } from './helper.js';
import type { Behaviour, SinkQuestions } from './sink.js';

export type Sink = Helper<SinkQuestions>;

/** The receivers of all webhooks, in one process of their own. */
export function startSink(): Sink {
  return Helper.start<SinkQuestions>(fileURLToPath(new URL('./sink.js', import.meta.url)));
}

/** Origins that answer as told. */
export async function openOrigins(sink: Sink, ports: number, behaviour: Behaviour = 'answer'): Promise<string[]> {
  return (await sink.ask('listen', { ports, behaviour })).map((port) => `http://127.0.0.1:${port}`);
}
