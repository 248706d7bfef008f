import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { packageRoot } from '../../src/platform/package-root.js';
import type { Order } from '../inside/preload.js';
import { now } from '../support/time.js';

export type Role = 'api' | 'worker' | 'dispatcher';

/** One life of a process. */
export interface Life {
  slot: string;
  pid: number;
  startedAt: number;
  readyAt: number | null;
  endedAt: number | null;
  /** Signal or exit code; null while it lives. */
  end: NodeJS.Signals | number | null;
  /** What the harness had told it to do, if anything. */
  told: NodeJS.Signals | null;
  /** It was told to stop, and killed because it did not. */
  tooLate: boolean;
}

const PAUSE_MS = 200;

/** A process of the service that is started again whenever it ends, as an orchestrator would. */
export class ProcessSlot {
  readonly lives: Life[] = [];
  private child: ChildProcess | null = null;
  private closing = false;
  private closed = false;
  private stopped = false;
  private readonly log: number;

  /** @param logFile all that its processes write, one after the other */
  constructor(
    readonly name: string,
    readonly role: Role,
    private readonly environment: Record<string, string>,
    private readonly logFile: string,
  ) {
    this.log = openSync(logFile, 'w');
  }

  start(): void {
    const startedAt = now();
    const child = spawn(process.execPath, ['--import', packageRoot('dist/chaos/inside/preload.js'), packageRoot('dist/src/main.js')], {
      cwd: '/', // away from anybody's .env
      env: { PATH: process.env.PATH ?? '', ...this.environment },
      stdio: ['ignore', this.log, 'pipe', 'ipc'],
    });
    const life: Life = {
      slot: this.name,
      pid: child.pid ?? 0,
      startedAt,
      readyAt: null,
      endedAt: null,
      end: null,
      told: null,
      tooLate: false,
    };
    this.lives.push(life);
    this.child = child;
    this.stopped = false;
    let said = '';
    child.stderr!.on('data', (chunk) => {
      said += chunk;
      if (!this.closed) writeSync(this.log, chunk);
      if (/^Postback (works as|is ready at) /m.test(said)) life.readyAt ??= now();
    });
    child.on('error', () => {}); // an order that came too late
    child.once('exit', (code, signal) => {
      life.endedAt = now();
      life.end = signal ?? code;
      if (!this.closing) setTimeout(() => this.closing || this.start(), PAUSE_MS);
    });
  }

  get life(): Life {
    return this.lives.at(-1)!;
  }

  get isReady(): boolean {
    return this.life.readyAt !== null && this.life.end === null && !this.stopped;
  }

  /** Does nothing to one that is not there just now. */
  signal(signal: NodeJS.Signals): void {
    if (this.life.end !== null) return;
    if (signal === 'SIGTERM' || signal === 'SIGKILL') this.life.told = signal;
    if (signal === 'SIGSTOP') this.stopped = true;
    if (signal === 'SIGCONT') this.stopped = false;
    this.child?.kill(signal);
  }

  order(order: Order): void {
    if (this.life.end === null && this.child?.connected) this.child.send(order, () => {});
  }

  async ready(withinMs: number): Promise<boolean> {
    for (const giveUpAt = now() + withinMs; now() < giveUpAt; await delay(50)) if (this.isReady) return true;
    return false;
  }

  /** For good, and in good order; killed when that takes too long. Returns how it ended. */
  async close(graceMs: number): Promise<Life> {
    this.closing = true;
    const { child } = this;
    if (child !== null && this.life.end === null) {
      const ended = once(child, 'exit');
      this.signal('SIGCONT');
      this.signal('SIGTERM');
      const late = setTimeout(() => {
        this.life.tooLate = true;
        child.kill('SIGKILL');
      }, graceMs);
      await ended;
      clearTimeout(late);
    }
    this.closed = true;
    closeSync(this.log);
    return this.life;
  }

  /** At once. */
  kill(): void {
    this.closing = true;
    this.child?.kill('SIGKILL');
  }

  /** Ends that nobody asked for. One that never was ready may have found no database, and an agent may kill its worker when told to. */
  troubles(): string[] {
    return this.lives.flatMap(({ end, told, tooLate, readyAt, pid }) => {
      if (end === null) return [`process ${pid} is still there`];
      if (tooLate) return [`process ${pid} was told to stop and did not`];
      if (told === 'SIGTERM' && end !== 'SIGKILL')
        return end === 0 || readyAt === null ? [] : [`process ${pid} was told to stop and ended with ${end}`];
      if (end === 'SIGKILL' || readyAt === null) return [];
      return [`process ${pid} ended by itself, with ${end}`];
    });
  }

  get logText(): string {
    return readFileSync(this.logFile, 'utf8');
  }
}
