import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../src/platform/package-root.js';

/** A line of the service's log. */
export type LogLine = { event?: string; msg?: string } & Record<string, unknown>;

export interface ServiceProcess {
  /** Where it answers. */
  url: string;
  /** Asks it to drain, and waits until it has ended; its exit code. */
  stop(): Promise<number | null>;
  /** Resolves when it has ended, for whatever reason. */
  ended: Promise<number | null>;
}

/**
 * Starts the built service as a process of its own; resolves once it answers.
 *
 * @param settings environment on top of this process' own
 */
export async function startService(settings: Record<string, string>, onLog: (line: LogLine) => void): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [packageRoot('dist/src/main.js')], {
    env: { ...process.env, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  let told = '';
  child.stderr.on('data', (chunk) => {
    told += chunk;
  });
  const url = await new Promise<string>((resolve, reject) => {
    readLog(child, (line) => {
      if (line.event === 'service.ready') resolve(String(line.url));
      onLog(line);
    });
    void ended.then(() => reject(new Error(told.trim())));
  });
  return {
    url,
    ended,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

function readLog(child: ChildProcess, onLog: (line: LogLine) => void): void {
  createInterface({ input: child.stdout! }).on('line', (line) => {
    if (line.startsWith('{')) onLog(JSON.parse(line));
  });
}
