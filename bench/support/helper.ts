import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { atEnd } from './cleanup.js';

/** Questions a helper answers, by name. */
export type Questions = Record<string, (value: never) => unknown>;

type Asked = { id: number; name: string; value: unknown };
type Answered = { id: number; answer?: unknown; error?: string };

/** A process of the bench's own, so that what it does costs the measured one nothing; it answers questions. */
export class Helper<Q extends Questions> {
  private readonly waiting = new Map<number, { resolve(answer: never): void; reject(error: Error): void }>();
  private asked = 0;
  readonly stop: () => Promise<void>;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (message) => this.take(message as Answered));
    child.once('exit', (code, signal) => {
      for (const { reject } of this.waiting.values()) reject(new Error(`A helper process ended (${signal ?? code}).`));
    });
    this.stop = atEnd(() => end(child));
  }

  /** @param module path of a file that calls `answerQuestions`; @param execArgv flags for Node, a profiler's say */
  static start<Q extends Questions>(module: string, execArgv: string[] = []): Helper<Q> {
    return new Helper(fork(module, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv }));
  }

  ask<Name extends keyof Q & string>(name: Name, value: Parameters<Q[Name]>[0]): Promise<Awaited<ReturnType<Q[Name]>>> {
    return new Promise((resolve, reject) => {
      const id = ++this.asked;
      this.waiting.set(id, { resolve, reject });
      this.child.send({ id, name, value } satisfies Asked);
    });
  }

  private take({ id, answer, error }: Answered): void {
    const asker = this.waiting.get(id);
    this.waiting.delete(id);
    if (error === undefined) asker?.resolve(answer as never);
    else asker?.reject(new Error(error));
  }
}

/** The helper's own side. It ends with the bench, also when that is killed. */
export function answerQuestions<Q extends Questions>(questions: Q): void {
  process.on('SIGINT', () => {}); // Ctrl-C reaches the whole group; the bench tells us when to end
  process.once('disconnect', () => process.exit());
  process.on('message', async ({ id, name, value }: Asked) => {
    try {
      process.send!({ id, answer: await questions[name]!(value as never) } satisfies Answered);
    } catch (error) {
      process.send!({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) } satisfies Answered);
    }
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
